/** Enough to keep the disk busy, and far from the limit of open files. */
const AT_ONCE = 32;

/** Like Promise.all over `work`, with a bounded number going on at the same time. Keeps the order. */
export async function boundedParallel<A, B>(
  items: readonly A[],
  work: (item: A) => Promise<B>,
): Promise<B[]> {
  const results: B[] = new Array(items.length);
  let next = 0;
  const lane = async () => {
    for (;;) {
      const index = next;
      next += 1;
      const item = items[index];
      if (item === undefined) return;
      results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, lane));
  return results;
}
