/** The folder of downloaded datasets and of the ids of large corpora. */

/** The folder that UNROLLED_CACHE names, else the system's place for this package's cache. */
export async function cacheFolder(): Promise<string> {
  const { UNROLLED_CACHE } = process.env;
  if (UNROLLED_CACHE) return UNROLLED_CACHE;
  const { default: envPaths } = await import('env-paths');
  return envPaths('unrolled', { suffix: '' }).cache;
}
