export function find(texts, part) {
  return texts.filter((text) => text.includes(part));
}
