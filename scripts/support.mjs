/** What the scripts share. They run before `npm ci`, so nothing here comes from a package. */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The root of the clone. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** A failure that needs no stack trace: its message says all. */
export class Failure extends Error {}

/** One line that says what goes on. */
export function say(message) {
  console.error(`unrolled: ${message}`);
}

/** Runs `main` when the module that calls this is the one Node was started with. */
export async function asProgram(moduleUrl, main) {
  const started = process.argv[1];
  if (started === undefined || moduleUrl !== pathToFileURL(realpathSync(started)).href) return;
  try {
    process.exitCode = (await main(process.argv.slice(2))) ?? 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

/**
 * Runs a command in the root and waits for it; Ctrl-C reaches the child, which decides what to do.
 *
 * @param filter where given, the child's standard output is read line by line, and only the lines
 *   it accepts are shown.
 * @returns the exit status; 130 after a signal.
 */
export async function status(command, args, { filter, cwd = root, env = process.env } = {}) {
  const ignore = () => {};
  process.on('SIGINT', ignore);
  try {
    const child = spawn(command, args, { cwd, env, stdio: ['inherit', filter ? 'pipe' : 'inherit', 'inherit'] });
    const closed = new Promise((resolve, reject) => {
      child.on('error', (error) => reject(new Failure(`${command} could not be started: ${error.message}`)));
      child.on('close', (code) => resolve(code ?? 130));
    });
    if (filter) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (filter(line)) console.error(line);
      });
    }
    return await closed;
  } finally {
    process.off('SIGINT', ignore);
  }
}

/** As `status`, and anything but 0 is a failure: `what` says of what. */
export async function run(what, command, args, options) {
  const code = await status(command, args, options);
  if (code !== 0) throw new Failure(`${what} failed (exit status ${code}).`);
}

/** Runs a command unseen. `output` has both streams. */
export function quietly(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });
  return { ok: result.status === 0, output: `${result.stdout ?? ''}${result.stderr ?? ''}` };
}

/** The path of a program, or undefined where `PATH` has none of that name. */
export function which(name) {
  const names = process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`, `${name}.bat`] : [name];
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const candidate of names) {
      const file = path.join(folder, candidate);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here.
      }
    }
  }
  return undefined;
}

/** How Clang's compiler of C++ is called here, or undefined without one. */
export function clang() {
  return ['clang++', 'clang++-19', 'clang++-16', 'clang++-14'].find((name) => which(name) !== undefined);
}

/** The start file of a tool in `node_modules`, to be run by Node itself: the same on every system. */
export function tool(...parts) {
  return path.join(root, 'node_modules', ...parts);
}
