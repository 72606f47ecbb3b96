/** Thinning out of long series: buckets that keep the extremes. */

/** A series in buckets of equal width. All four arrays have one element a bucket. */
export interface Buckets {
  /** Index of the bucket's first value. */
  start: number[];
  /** Extremes and mean of the bucket's finite values; NaN if it has none. */
  min: number[];
  max: number[];
  mean: number[];
  /** Number of values in a bucket; the last one may have fewer. */
  width: number;
  /** Values of the whole series that are not finite. */
  gaps: number;
}

/** At most `most` buckets of a series; in a shorter series each value is a bucket. */
export function bucketed(values: ArrayLike<number>, most: number): Buckets {
  const width = Math.max(1, Math.ceil(values.length / most));
  const buckets: Buckets = { start: [], min: [], max: [], mean: [], width, gaps: 0 };
  for (let start = 0; start < values.length; start += width) {
    const end = Math.min(start + width, values.length);
    let [min, max, sum, count] = [Number.NaN, Number.NaN, 0, 0];
    for (let index = start; index < end; index++) {
      const value = values[index] as number;
      if (!Number.isFinite(value)) continue;
      min = count === 0 ? value : Math.min(min, value);
      max = count === 0 ? value : Math.max(max, value);
      sum += value;
      count++;
    }
    buckets.start.push(start);
    buckets.min.push(min);
    buckets.max.push(max);
    buckets.mean.push(count === 0 ? Number.NaN : sum / count);
    buckets.gaps += end - start - count;
  }
  return buckets;
}
