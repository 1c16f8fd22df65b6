type Results<Queries extends readonly unknown[]> = {
  -readonly [Place in keyof Queries]: Awaited<Queries[Place]>;
};

/**
 * Waits for everything that was sent together. Rejects with what failed first in the order of sending: what came after
 * failed because of it.
 */
export async function inOrder<const Queries extends readonly unknown[]>(
  queries: Queries,
): Promise<Results<Queries>> {
  const settled = await Promise.allSettled(queries);
  const failed = settled.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<unknown>).value) as Results<Queries>;
}
