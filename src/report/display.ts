/** Numbers and text for people; the page's script uses them too. */

/** Very small and very large numbers are shown with a power of ten. */
const [TINY, HUGE] = [1e-3, 1e9];

/** The power of ten of a number that is rounded to this many digits. */
function exponentOf(value: number, digits: number): number {
  return value === 0 ? 0 : Number(value.toExponential(digits - 1).split('e')[1]);
}

/** Digits after the first that a number has, at most one fewer than `digits`: of 0.5 none, of 3.9004 three, two of them zeros. */
function digitsAfterFirst(value: number, digits: number): number {
  // A change by rounding to 32 bits is not a digit.
  const error = Math.abs(value) * 10 ** -(digits + 3);
  for (let after = 0; after < digits - 1; after++) {
    if (Math.abs(Number(value.toExponential(after)) - value) <= error) return after;
  }
  return digits - 1;
}

/**
 * Formats numbers that are shown together: three to four significant digits, the same number of decimals for all,
 * separated thousands, and powers of ten for very small or large ones. A final zero is a digit: 3.9004 becomes 3.900.
 * @param digits the number of digits for values that differ little: see `digitsOf`.
 */
export function formatNumbers(values: readonly (number | null | undefined)[], digits = 4): string[] {
  const isShown = (value: number | null | undefined): value is number => Number.isFinite(value);
  const isPower = (value: number) => value !== 0 && (Math.abs(value) < TINY || Math.abs(value) >= HUGE);
  const most = (numbers: readonly number[]) => numbers.reduce((a, b) => Math.max(a, b), 0);
  const shown = values.filter(isShown);
  const ofPowers = Math.max(3, digits - 1);
  const afterFirst = most(shown.filter(isPower).map((value) => digitsAfterFirst(value, ofPowers)));
  const decimals = most(
    shown
      .filter((value) => !isPower(value) && !Number.isInteger(value))
      .map((value) => digitsAfterFirst(value, digits) - exponentOf(value, digits)),
  );
  return values.map((value) => {
    if (!isShown(value)) return '–';
    if (isPower(value)) return value.toExponential(afterFirst).replace('e+', 'e');
    const own = Math.min(decimals, Math.max(0, digits - 1 - exponentOf(value, digits)));
    return value.toLocaleString('en', { minimumFractionDigits: own, maximumFractionDigits: own });
  });
}

/** A number that is shown alone. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  return formatNumbers([value], digits)[0] as string;
}

/**
 * Number of digits that distinguishes values between two extremes: at least `least`, more if the extremes are close.
 */
export function digitsOf(min: number, max: number, least: number): number {
  const range = max - min;
  if (!Number.isFinite(range) || range <= 0) return least;
  const size = Math.max(Math.abs(min), Math.abs(max));
  return Math.min(least + Math.max(0, Math.ceil(Math.log10(size / range)) - 1), 15);
}

/** Digits after the point of a number that has few. */
function decimalsOf(value: number): number {
  for (let decimals = 0; decimals < 15; decimals++) {
    const scaled = value * 10 ** decimals;
    // Differences of two marks have an error in their last digits.
    if (Math.round(scaled) > 0 && Math.abs(scaled - Math.round(scaled)) < 1e-3) return decimals;
  }
  return 15;
}

/** The labels of an axis with equal distances, with enough digits to distinguish neighbours. */
export function formatMarks(marks: readonly (number | null)[]): string[] {
  const numbers = marks.filter((mark) => mark !== null);
  const distances = numbers.slice(1).map((mark, index) => Math.abs(mark - (numbers[index] as number)));
  const distance = Math.min(...distances.filter((each) => each > 0));
  const largest = Math.max(...numbers.map(Math.abs));
  const decimals = decimalsOf(distance);
  return marks.map((mark) => {
    if (mark === null) return '';
    if (distance === Number.POSITIVE_INFINITY) return formatNumber(mark);
    // Removes the rounding error of a sum, which is tiny compared with the distance.
    if (Math.abs(mark) < distance / 1000) return '0';
    if (largest >= TINY && largest < HUGE)
      return mark.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    const power = Math.floor(Math.log10(Math.abs(mark)) + 1e-9);
    return mark.toExponential(decimalsOf(distance / 10 ** power)).replace('e+', 'e');
  });
}

/** `8 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds > 0 && seconds < 0.05) return 'under 0.1 s';
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/**
 * Replaces control characters, except tab and line feed, by visible characters: for most by Unicode's control pictures.
 */
export function visibleControls(text: string): string {
  return text.replace(/(?![\t\n])\p{Cc}/gu, (control) => {
    const code = control.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}

/** After which epoch and step a model wrote something; people count both from 1. */
export function sampleName({ epoch, step, isKept = false }: { epoch: number; step: number; isKept?: boolean }): string {
  return `after epoch ${formatNumber(epoch + 1)}, step ${formatNumber(step + 1)}${isKept ? ', kept' : ''}`;
}

/** The index of the sample that is shown first: that of the kept weights, else the last. */
export function firstShown(samples: readonly { isKept?: boolean }[]): number {
  const kept = samples.findIndex(({ isKept }) => isKept);
  return kept < 0 ? samples.length - 1 : kept;
}
