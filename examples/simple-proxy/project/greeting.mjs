export function greeting(name) {
  return name === "" ? "Hello" : `Hello, ${name}`;
}
