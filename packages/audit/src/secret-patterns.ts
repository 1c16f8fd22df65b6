/**
 * The forms in which a secret can show up in text: as it is, escaped for JSON, for a URL or a form, in hexadecimal,
 * and in base64 at any of the three offsets that it can have inside a longer encoded text (`user:secret` in
 * an `Authorization` header).
 */
export function secretForms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, "utf8");
  const forms = new Set<string>([secret, JSON.stringify(secret).slice(1, -1)]);
  const url = encodeUri(secret);
  forms.add(url).add(url.replaceAll("%20", "+")).add(url.toLowerCase());
  if (bytes.length >= SHORTEST_ENCODED) {
    forms.add(bytes.toString("hex")).add(bytes.toString("hex").toUpperCase());
    for (const offset of [0, 1, 2]) {
      const text = base64Core(bytes, offset);
      forms.add(text).add(text.replaceAll("+", "-").replaceAll("/", "_"));
    }
  }
  return [...forms];
}

/** Encoded forms of anything shorter turn up in innocent text. */
const SHORTEST_ENCODED = 6;

/** The base64 characters that depend on `bytes` alone where `offset` other bytes stand before them. */
function base64Core(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
  const from = Math.ceil((offset * 8) / 6);
  const to = Math.floor(((offset + bytes.length) * 8) / 6);
  return text.slice(from, to);
}

function encodeUri(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // A lone surrogate has no URL form.
    return text;
  }
}
