/** The C library this process runs on, which a binary for Linux must have been linked with. */

/** A C library of Linux, and glibc's version, as `2.36`. */
export interface Libc {
  name: 'glibc' | 'musl';
  version?: string;
}

let known: Libc | undefined;

/** The C library of this process; undefined elsewhere than on Linux, and where a runtime does not tell. */
export function processLibc(): Libc | undefined {
  known ??= readLibc();
  return known;
}

/** The C library that a shipped binary is for, by the name of its file; undefined for any other file. */
export function libcOf(file: string): Libc['name'] | undefined {
  return /\.(glibc|musl)\.node$/.exec(file)?.[1] as Libc['name'] | undefined;
}

function readLibc(): Libc | undefined {
  if (process.platform !== 'linux') return undefined;
  const report = process.report as (NodeJS.ProcessReport & { excludeNetwork?: boolean }) | undefined;
  if (report === undefined) return undefined;
  // Only the header of the report is read. Resolving the names of network peers would take time.
  report.excludeNetwork = true;
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  const { glibcVersionRuntime } = header;
  return glibcVersionRuntime ? { name: 'glibc', version: glibcVersionRuntime } : { name: 'musl' };
}

/** Whether version `a` is later than `b`; both as `2.36`. */
export function isLater(a: string, b: string): boolean {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (const [index, part] of left.entries()) {
    const other = right[index] ?? 0;
    if (part !== other) return part > other;
  }
  return false;
}
