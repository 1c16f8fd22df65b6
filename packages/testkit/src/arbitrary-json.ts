import type { Json, JsonObject } from "@mcp-flowgate/core";
import * as fc from "fast-check";

/** Any UTF-16, NUL and lone surrogates in particular. */
export const arbitraryText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string(),
  fc.constantFrom(
    "\u0000",
    "a\u0000b",
    "\uD800",
    "\uDC00x",
    '"',
    '"\\ud800"',
    "1e400",
    "9223372036854775808",
    "__proto__",
    "\\",
    "\n",
  ),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((units) => String.fromCharCode(...units)),
);

/** What `JSON.parse` can give: `-0` and infinities, and no `NaN`. */
const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(-0, Infinity, -Infinity, 2 ** 63, 5e-324),
);

export const arbitraryJson: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    arbitraryText,
    number,
    fc.constantFrom<Json>(null, true, false),
    fc.array(tie("json"), { maxLength: 4 }),
    fc.dictionary(arbitraryText, tie("json"), { maxKeys: 4 }),
  ),
})).json;

export const arbitraryJsonObject: fc.Arbitrary<JsonObject> = fc.dictionary(arbitraryText, arbitraryJson, {
  maxKeys: 5,
});
