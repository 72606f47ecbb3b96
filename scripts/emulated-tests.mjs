/**
 * `npm run test:emulated`: runs the tests of the C++ kernels on an emulated processor that has AVX-512, AVX512-BF16 and
 * AMX (Bochs, as a Sapphire Rapids), so that these kernels are tested where no such processor is at hand. Of their speed
 * it says nothing. It is slow, and no part of `npm test`.
 *
 *   npm run test:emulated                            all of them, in an hour or two, but for AMX
 *   npm run test:emulated -- --only '*bf16*'         those of that name (a doctest filter, without spaces)
 *   npm run test:emulated -- --amx --only '*bf16*'   with AMX too
 *
 * Bochs emulates a whole machine: a kernel of Linux boots from a CD with the tests as its only program, which write to the
 * serial port. Needed, on Debian 13 or later (Bochs 2 has neither AMX nor bf16): bochs, bochsbios, vgabios, isolinux,
 * syslinux-common, xorriso, and a kernel of Linux 5.16 or later. Where they lie elsewhere:
 *
 *   UNROLLED_EMULATOR   the program `bochs` (else that of PATH)
 *   UNROLLED_EMULATION  a folder in which the other packages were unpacked (else /)
 *   UNROLLED_KERNEL     a bootable kernel (else the newest of /boot)
 *
 * `--amx` needs a Bochs that was mended. Version 3.0 has no XFD (the bits of CPUID leaf 13, the registers 0x1c4 and 0x1c5,
 * and the exception of the first use of a tile), without which Linux hands out no tiles; and where threads take turns, it
 * loses them: XSAVE swaps a tile's rows with its bytes a row, keeps 8 of 16 rows, and takes tiles in use for unused ones.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildCoreTests, coreTestsFolder } from './core-tests.mjs';
import { setup } from './setup.mjs';
import { asProgram, Failure, root, say, which } from './support.mjs';

/** What must have run, or the emulated processor was not what it should be. */
const EXPECTED = ['avx512', 'bf16_avx512'];
const EXPECTED_OF_AMX = [...EXPECTED, 'bf16_amx'];
/** The kernel's numbers of features: `fsrm`, with which Linux 6.1 hangs in Bochs 3.0, and `amx_tile`. */
const FAST_SHORT_REP = 18 * 32 + 4;
const AMX_TILE = 18 * 32 + 24;
const LONGEST_MINUTES = 180;
const MEGABYTES = 1024;

/** A file of a package, below the folder of the packages. */
function packaged(...parts) {
  const file = path.join(process.env.UNROLLED_EMULATION ?? '/', ...parts);
  if (!existsSync(file)) throw new Failure(`${file} is missing; scripts/emulated-tests.mjs says what is needed`);
  return file;
}

function kernelImage() {
  const given = process.env.UNROLLED_KERNEL;
  if (given !== undefined) return given;
  const images = readdirSync('/boot').filter((name) => name.startsWith('vmlinuz-'));
  images.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const newest = images.at(-1);
  if (newest === undefined) throw new Failure('/boot has no kernel; name one by UNROLLED_KERNEL');
  return path.join('/boot', newest);
}

/** An archive of the kernel's own format (cpio, "newc") with one program, `/init`. */
function archiveOf(program) {
  const entry = (number, name, mode, content) => {
    const title = Buffer.from(`${name}\0`);
    const fields = [number, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, title.length, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
    const padded = (...parts) => {
      const joined = Buffer.concat(parts);
      return Buffer.concat([joined, Buffer.alloc((4 - (joined.length % 4)) % 4)]);
    };
    return Buffer.concat([padded(Buffer.from(header), title), padded(content)]);
  };
  return Buffer.concat([entry(1, 'init', 0o100755, program), entry(0, 'TRAILER!!!', 0, Buffer.alloc(0))]);
}

function runTool(command, args, env = process.env) {
  const { status, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8', env });
  if (status !== 0) throw new Failure(`${command} failed: ${error?.message ?? stderr}`);
}

/** A CD that boots the kernel with the tests. */
function makeDisc(folder, amx, only) {
  const disc = path.join(folder, 'disc');
  const files = path.join(disc, 'isolinux');
  mkdirSync(files, { recursive: true });
  copyFileSync(packaged('usr/lib/ISOLINUX/isolinux.bin'), path.join(files, 'isolinux.bin'));
  copyFileSync(packaged('usr/lib/syslinux/modules/bios/ldlinux.c32'), path.join(files, 'ldlinux.c32'));
  copyFileSync(kernelImage(), path.join(files, 'kernel'));
  const program = path.join(folder, 'init');
  runTool('strip', ['-o', program, path.join(coreTestsFolder, 'unrolled_kernel_tests')]);
  writeFileSync(path.join(files, 'tests'), archiveOf(readFileSync(program)));
  const words = [
    'initrd=tests',
    'console=ttyS0',
    'panic=0',
    'nokaslr',
    'mitigations=off',
    'tsc=unstable',
    'lapic=notscdeadline',
    'idle=halt',
    'no5lvl',
    'nogbpages',
    'nopcid',
  ];
  words.push(`clearcpuid=${amx ? FAST_SHORT_REP : `${FAST_SHORT_REP},${AMX_TILE}`}`);
  words.push(`UNROLLED_EXPECTED_KERNELS=${(amx ? EXPECTED_OF_AMX : EXPECTED).join(',')}`);
  writeFileSync(
    path.join(files, 'isolinux.cfg'),
    `default tests\nlabel tests\nkernel kernel\nappend ${words.join(' ')} -- -d -nc${only === undefined ? '' : ` -tc=${only}`}\n`,
  );
  const image = path.join(folder, 'disc.iso');
  const boot = ['-b', 'isolinux/isolinux.bin', '-c', 'isolinux/boot.cat', '-no-emul-boot', '-boot-load-size', '4'];
  const libraries = path.join(process.env.UNROLLED_EMULATION ?? '/', 'usr/lib/x86_64-linux-gnu');
  runTool(packaged('usr/bin/xorriso'), ['-as', 'mkisofs', '-quiet', '-o', image, ...boot, '-boot-info-table', disc], {
    ...process.env,
    LD_LIBRARY_PATH: libraries,
  });
  return image;
}

function configure(folder, image) {
  const serial = path.join(folder, 'serial.txt');
  const lines = [
    'display_library: nogui',
    'cpu: model=sapphire_rapids, count=1, ips=20000000, reset_on_triple_fault=0',
    `memory: guest=${MEGABYTES}, host=${MEGABYTES}`,
    `romimage: file=${packaged('usr/share/bochs/BIOS-bochs-latest')}`,
    `vgaromimage: file=${packaged('usr/share/vgabios/vgabios.bin')}`,
    `ata0-master: type=cdrom, path=${image}, status=inserted`,
    'boot: cdrom',
    `com1: enabled=1, mode=file, dev=${serial}`,
    `log: ${path.join(folder, 'bochs.log')}`,
    'panic: action=fatal',
    'speaker: enabled=0',
  ];
  const file = path.join(folder, 'bochsrc');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return { file, serial };
}

/** Runs the machine until the tests have said how they ended, or the kernel that it stopped; shows what they write. */
async function runMachine(folder, { file, serial }) {
  const program = process.env.UNROLLED_EMULATOR ?? which('bochs');
  if (!program) throw new Failure('bochs is missing; scripts/emulated-tests.mjs says what is needed');
  const machine = spawn(program, ['-q', '-f', file], { cwd: folder, stdio: ['pipe', 'ignore', 'ignore'] });
  machine.stdin.on('error', () => {});
  machine.stdin.write('c\n'); // a Bochs that is built as a debugger waits for it
  const ended = new Promise((resolve, reject) => {
    machine.on('error', reject);
    machine.on('exit', resolve);
  });
  let shown = 0;
  const show = () => {
    const text = existsSync(serial) ? readFileSync(serial, 'latin1').replaceAll('\r', '') : '';
    const complete = text.slice(0, text.lastIndexOf('\n') + 1);
    process.stdout.write(complete.slice(shown));
    shown = complete.length;
    return complete;
  };
  const started = Date.now();
  try {
    for (;;) {
      const exited = await Promise.race([
        ended.then(() => true),
        new Promise((resolve) => setTimeout(resolve, 1000, false)),
      ]);
      const text = show();
      if (/^\[doctest\] Status: SUCCESS!/m.test(text)) return 0;
      if (/^\[doctest\] Status:|Kernel panic/m.test(text)) return 1;
      if (exited) throw new Failure(`bochs ended before the tests did; its log is in ${folder}`);
      if (Date.now() - started > LONGEST_MINUTES * 60_000) {
        throw new Failure(`the tests took more than ${LONGEST_MINUTES} minutes`);
      }
    }
  } finally {
    machine.kill('SIGKILL');
  }
}

function parseOptions(args) {
  try {
    return parseArgs({ args, options: { amx: { type: 'boolean', default: false }, only: { type: 'string' } } }).values;
  } catch (error) {
    throw new Failure(error.message);
  }
}

async function main(args) {
  const { amx, only } = parseOptions(args);
  await setup();
  await buildCoreTests('The build of the tests', 'unrolled_kernel_tests');
  const folder = mkdtempSync(path.join(tmpdir(), 'unrolled-emulated-'));
  const status = await runMachine(folder, configure(folder, makeDisc(folder, amx, only)));
  rmSync(folder, { recursive: true, force: true });
  if (status === 0)
    say(`the kernels ${(amx ? EXPECTED_OF_AMX : EXPECTED).join(', ')} passed their tests on an emulated processor.`);
  return status;
}

await asProgram(import.meta.url, main);
