import { isJsonObject, parseJson, type Json, type JsonObject } from "@mcp-flowgate/core";
import type { Surface } from "../surface/surface.ts";

/**
 * Takes values of variables and secret files out of what answers say in words: errors, and the reasons of
 * `workflow.explain`, which quote what guards have read. Texts of the configuration hold none: the compiler masks them.
 *
 * @param secrets the list may grow: what is added is hidden from then on
 */
export function hideValues(surface: Surface, secrets: readonly string[]): Surface {
  let forms = formsOf(secrets);
  let known = secrets.length;
  return {
    ...surface,
    async call(name, args, caller) {
      const answer = await surface.call(name, args, caller);
      if (secrets.length !== known) {
        forms = formsOf(secrets);
        known = secrets.length;
      }
      if (forms.length === 0) return answer;
      const { error, transitions, result } = answer.body;
      if (error === undefined && transitions === undefined) return answer;
      return {
        ...answer,
        body: {
          ...answer.body,
          ...(isJsonObject(result) ? { result: withoutIn(result, "message", forms) } : {}),
          ...(error === undefined ? {} : { error: without(error, forms) }),
          ...(transitions === undefined ? {} : { transitions: without(transitions, forms) }),
        },
      };
    },
  };
}

/** `secrets`, each long one also as it is quoted where texts are kept short. */
export function spellingsOf(secrets: readonly string[]): readonly string[] {
  return secrets.flatMap((secret) =>
    secret.length > CUT + 1 ? [secret, `${secret.slice(0, CUT)}…`] : [secret],
  );
}

/** A shorter value is a word, and is hidden only where it is quoted as a whole. */
const SHORTEST_PART = 8;
/** Where `guards-expr` cuts a value that it quotes. */
const CUT = 59;

/** How a secret stands in JSON text, and what stands there instead. */
type Form = readonly [written: string, instead: string];

function withoutIn(value: JsonObject, key: string, forms: readonly Form[]): JsonObject {
  const member = value[key];
  return member === undefined ? value : { ...value, [key]: without(member, forms) };
}

function without(value: Json, forms: readonly Form[]): Json {
  const text = JSON.stringify(value);
  const clean = forms.reduce((rest, [written, instead]) => rest.replaceAll(written, instead), text);
  return clean === text ? value : (parseJson(clean) as Json);
}

/** The longest first, so that one inside another leaves no rest. */
function formsOf(secrets: readonly string[]): readonly Form[] {
  const forms = secrets.flatMap((secret): readonly Form[] => {
    const quoted: Form = [inJson(JSON.stringify(secret)), '\\"[secret]\\"'];
    return secret.length < SHORTEST_PART ? [quoted] : [quoted, [inJson(secret), "[secret]"]];
  });
  return forms.sort(([left], [right]) => right.length - left.length);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
