export function roman(number) {
  return "I".repeat(number);
}
