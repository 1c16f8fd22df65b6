const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function page(text) {
  return `<p>${text.replace(/[&<>"]/g, (character) => ESCAPES[character])}</p>`;
}
