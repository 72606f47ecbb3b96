/** A copy of the tree, in which faults are put, and what has to be built of it. The tree itself is never touched. */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { configure } from '../build.mjs';
import { Failure, root } from '../support.mjs';
import { filesOfTree } from '../tree.mjs';

const ADDON = path.join('build', 'Release', 'unrolled.node');

/** Ends a process and whatever it has started. */
function end(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/**
 * Runs a command for some seconds at most.
 * @param onLine sees each line of standard output; the command is ended where it returns true.
 * @returns `code` (undefined if it was ended from here or by a signal), `hung`, and the end of what it has said.
 */
export function runLimited(command, args, { cwd, seconds, env = process.env, onLine }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let said = '';
    let line = '';
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      end(child);
    }, seconds * 1000);
    const stop = () => end(child);
    process.once('exit', stop);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        said = (said + text).slice(-4000);
        if (stream !== child.stdout || onLine === undefined) return;
        const lines = (line + text).split('\n');
        line = lines.pop();
        if (lines.some((each) => onLine(each))) end(child);
      });
    }
    child.on('error', (error) => reject(new Failure(`${command} could not be started: ${error.message}`)));
    child.on('close', (code) => {
      clearTimeout(timer);
      process.off('exit', stop);
      resolve({ code: code ?? undefined, hung, said });
    });
  });
}

/** Writes a file unless it holds that already, since a build goes by the time of a file. */
function writeIfNew(file, bytes) {
  if (existsSync(file) && readFileSync(file).equals(bytes)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}

/** One of the copies; a mutation has it for itself. */
export class Copy {
  #folder;
  #env;
  #seconds;
  /** Whose fault is in `lib`, the tests of the core and the addon; undefined where they are not built yet. */
  #built = { lib: undefined, core: undefined, addon: undefined };
  #fault = '';
  #restore = () => {};

  /** @param seconds that a build may take. */
  constructor(number, seconds) {
    this.#folder = path.join(root, 'build', 'mutations', String(number));
    this.#seconds = seconds;
    // A cache of the compiler's results knows the files of a copy as those of the tree.
    this.#env = { CCACHE_BASEDIR: root, CCACHE_NOHASHDIR: '1', ...process.env };
  }

  get folder() {
    return this.#folder;
  }

  /** Whether a part has another fault than the copy has now. */
  isForeign(part) {
    return this.#built[part] !== this.#fault && this.#built[part] !== '';
  }

  /** Makes the copy what the tree is. */
  async prepare() {
    const files = filesOfTree();
    const listed = path.join(this.#folder, 'build', 'mutations-files.json');
    const before = existsSync(listed) ? JSON.parse(readFileSync(listed, 'utf8')) : [];
    const now = new Set(files);
    for (const file of before) if (!now.has(file)) rmSync(path.join(this.#folder, file), { force: true });
    for (const file of files) writeIfNew(path.join(this.#folder, file), readFileSync(path.join(root, file)));
    writeIfNew(listed, Buffer.from(JSON.stringify(files)));
    const modules = path.join(this.#folder, 'node_modules');
    if (!existsSync(modules)) symlinkSync(path.join(root, 'node_modules'), modules, 'junction');
    if (!existsSync(path.join(root, ADDON))) throw new Failure('there is no addon: npm run build makes it.');
    this.takeAddon();
    await this.build('lib');
  }

  /** Takes the addon of the tree, which has no fault. */
  takeAddon() {
    if (this.#built.addon === '') return;
    this.#built.addon = '';
    const file = path.join(this.#folder, ADDON);
    mkdirSync(path.dirname(file), { recursive: true });
    rmSync(file, { force: true });
    copyFileSync(path.join(root, ADDON), file);
  }

  /** Puts a text in the place of a file's, under the name of the fault. */
  put(file, text, fault) {
    this.restore();
    const whole = path.join(this.#folder, file);
    const before = readFileSync(whole);
    writeFileSync(whole, text);
    this.#fault = fault;
    this.#restore = () => writeFileSync(whole, before);
  }

  /** Takes the fault out again. */
  restore() {
    this.#restore();
    this.#restore = () => {};
    this.#fault = '';
  }

  /**
   * Builds `lib`, the tests of the `core` or the `addon` of the copy as it is now, unless that has been done.
   * @returns whether the compiler took it.
   */
  async build(part) {
    if (this.#built[part] === this.#fault) return true;
    const { code, hung, said } = await this.#builders[part]();
    if (code !== 0 && this.#fault === '') throw new Failure(`the copy could not be built: ${part}.\n${said}`);
    this.#built[part] = code === 0 ? this.#fault : undefined;
    if (hung) throw new Failure(`the build of ${this.#fault} took longer than ${this.#seconds} s.`);
    return code === 0;
  }

  #builders = {
    lib: () => this.#run(process.execPath, [path.join('scripts', 'build.mjs'), 'ts']),
    addon: () => this.#run(process.execPath, [path.join('scripts', 'build.mjs'), 'native']),
    core: () => this.#buildCore(),
  };

  async #buildCore() {
    const folder = path.join(this.#folder, 'build', 'core-tests');
    const settings = { CMAKE_BUILD_TYPE: 'Release', CMAKE_EXPORT_COMPILE_COMMANDS: 'ON' };
    await configure(path.join(this.#folder, 'test', 'core'), folder, settings);
    return this.#run('cmake', ['--build', folder, '--target', 'all', '--parallel', String(availableParallelism())]);
  }

  /** The built tests of the core. */
  get coreTests() {
    return path.join(this.#folder, 'build', 'core-tests', 'unrolled_core_tests');
  }

  #run(command, args) {
    return runLimited(command, args, { cwd: this.#folder, env: this.#env, seconds: this.#seconds });
  }

  /** As `runLimited`, in the copy. */
  run(command, args, options) {
    return runLimited(command, args, { cwd: this.#folder, ...options });
  }
}
