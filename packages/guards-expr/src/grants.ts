/**
 * Whether one of the granted permissions covers `wanted`. A grant that ends in `*` covers every permission that
 * starts with what stands before the star: `pay.*` covers `pay.run` and `pay.run.now`, not `pay`. A star anywhere else
 * is an ordinary character.
 */
export function grants(permissions: readonly string[], wanted: string): boolean {
  return permissions.some((granted) =>
    granted.endsWith("*") ? wanted.startsWith(granted.slice(0, -1)) : granted === wanted,
  );
}
