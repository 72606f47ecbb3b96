/** `unrolled doctor`: which binary runs on what, and what is wrong. */

import os from 'node:os';
import { Command } from 'commander';
import { environmentFaults } from '../../base/environment';
import { type NativeLoadReason, UnrolledError } from '../../base/errors';
import { memoryLimit } from '../../base/limits';
import { version } from '../../base/package';
import { launcherOfThisProcess, openGroup } from '../../native/distributed/group';
import { processLibc } from '../../native/libc';
import { addon, addonPath } from '../../native/load';
import type { NativeInfo } from '../../native/native';
import { jsonOption } from '../options';
import { FAILED } from '../terminal/failure';
import { printJson, printLine } from '../terminal/output';

interface Diagnosis extends Partial<Omit<NativeInfo, 'version'>> {
  version: string;
  /** The file that was loaded. */
  binary?: string;
  node: string;
  platform: string;
  /** Of Linux: the C library of this process. */
  libc?: string;
  processor: string;
  memoryBytes: number;
  /** Under a launcher of MPI: which, what it says of this process, and the library by which it reached the other ranks. */
  launcher?: string;
  rank?: number;
  ranks?: number;
  host?: string;
  mpi?: string;
  /** Why the binary does not load, where it does not. */
  reason?: NativeLoadReason;
  /** What keeps the package from working. */
  problems: string[];
  /** What works, but slower than it could. */
  notes: string[];
}

function notesOn({ kernels, processors, threads }: NativeInfo): string[] {
  const notes: string[] = [];
  if (kernels === 'baseline') notes.push('This processor has no instruction set that the fast kernels are made for.');
  if (threads > processors) notes.push(`More threads (${threads}) than processors (${processors}) are in use.`);
  return notes;
}

function problemOf({ message, code }: UnrolledError): string {
  return `${message} (${code})`;
}

function diagnose(): Diagnosis {
  const libc = processLibc();
  const diagnosis: Diagnosis = {
    version,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    ...(libc === undefined ? {} : { libc: `${libc.name} ${libc.version ?? ''}`.trim() }),
    processor: os.cpus()[0]?.model ?? 'unknown',
    memoryBytes: memoryLimit(),
    problems: [],
    notes: [],
  };
  try {
    diagnosis.binary = addonPath();
    const { version: binaryVersion, ...info } = addon().info();
    Object.assign(diagnosis, info);
    diagnosis.notes = notesOn({ version: binaryVersion, ...info });
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    if (error.reason !== undefined) diagnosis.reason = error.reason;
    diagnosis.problems.push(problemOf(error));
  }
  for (const fault of environmentFaults().map(problemOf)) {
    if (!diagnosis.problems.includes(fault)) diagnosis.problems.push(fault);
  }
  return diagnosis;
}

/** Reaches the other ranks, which run this command too, if a launcher has started this process. */
async function diagnoseRanks(diagnosis: Diagnosis): Promise<void> {
  const launcher = launcherOfThisProcess();
  if (launcher === undefined) return;
  diagnosis.launcher = launcher.kind;
  diagnosis.rank = launcher.rank;
  if (launcher.size !== undefined) diagnosis.ranks = launcher.size;
  try {
    const group = await openGroup({ onWarning: (warning) => diagnosis.notes.push(warning) });
    const { rank, size, host, library, file } = group.info();
    Object.assign(diagnosis, { rank, ranks: size, host, mpi: `${library} (${file})` });
    await group.close();
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    diagnosis.problems.push(problemOf(error));
  }
}

function print({ problems, notes, ...facts }: Diagnosis): void {
  for (const [name, value] of Object.entries(facts)) printLine(`${name.padEnd(12)} ${value}`);
  for (const text of notes) printLine(`note: ${text}`);
  for (const text of problems) printLine(`problem: ${text}`);
  if (problems.length === 0) printLine('No problems found.');
}

async function doctor({ json }: { json?: true }): Promise<void> {
  const diagnosis = diagnose();
  if (diagnosis.problems.length === 0) await diagnoseRanks(diagnosis);
  if (json) printJson(diagnosis);
  else print(diagnosis);
  if (diagnosis.problems.length > 0) process.exitCode = FAILED;
}

export function doctorCommand(): Command {
  return new Command('doctor').addOption(jsonOption()).action(doctor);
}
