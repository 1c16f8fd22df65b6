/** The concepts a stem belongs to, as term keys. */
export function conceptKeys(_stem: string): readonly string[] {
  return [];
}

/** The concepts named in a run of text that is written without spaces. */
export function dictionaryConcepts(_run: string): readonly string[] {
  return [];
}
