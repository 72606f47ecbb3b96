export function check(unrolled: typeof import('unrolled'), face: string): Promise<void>;
