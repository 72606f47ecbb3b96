/** Disks that are full, that become read-only, and files that vanish, while a training writes checkpoints or reads. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { callbacks, FileCorpus, LanguageModel } from '../../src/index';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { CORPUS, STREAM, smallModel, train, weights } from '../support/models';

function mounts(...args: string[]): boolean {
  return process.platform === 'linux' && spawnSync('mount', args).status === 0;
}

/** A checkpoint of such a model takes about 80 KB. */
const OPTIONS = { ...STREAM, optimizer: 'adam', epochs: 3 } as const;

describe('disks', function () {
  this.timeout(60_000);
  let isMounted = false;
  // Before the folder goes.
  afterEach(() => {
    if (isMounted) spawnSync('umount', ['-l', at('disk')]);
    isMounted = false;
  });
  const at = useFolder();

  /** A file system of its own at `disk`; the test is skipped where this user may not mount one. */
  function mountDisk(context: Mocha.Context, kilobytes: number): void {
    mkdirSync(at('disk'));
    isMounted = mounts('-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', at('disk'));
    if (!isMounted) context.skip();
  }

  it('that are full leave the old checkpoint, nothing beside it, and a model that goes on', async function () {
    mountDisk(this, 200);
    const path = at('disk', 'c');
    using model = smallModel({ hidden: 40 });
    await train(model, { epochs: 1, optimizer: 'adam', callbacks: [callbacks.checkpoint({ path })] });
    const old = readFileSync(path);
    assert.ok(old.length > 60_000 && old.length < 190_000, `${old.length}`);
    // A second one has no room beside the first.
    writeFileSync(at('disk', 'rest'), new Uint8Array(Math.max(0, 190_000 - old.length - 20_000)));
    const before = await weights(model);
    await assert.rejects(train(model, { ...OPTIONS, callbacks: [callbacks.checkpoint({ path })] }), {
      code: 'ERR_UNROLLED_FILE_WRITE',
      message: /the disk is full/,
    });
    assert.deepEqual(readFileSync(path), old);
    assert.deepEqual(readdirSync(at('disk')).sort(), ['c', 'rest']);
    assert.notDeepEqual(await weights(model), before);
    assert.equal((await train(model, { epochs: 1 })).length, 1);
    await assert.rejects(model.save(at('disk', 'model')), { code: 'ERR_UNROLLED_FILE_WRITE' });
    using resumed = await LanguageModel.load(path);
    assert.equal((await train(resumed, { resume: path, epochs: 2 })).length, 1);
  });

  it('that become read-only in a training end it with a code, and the old checkpoint is whole', async function () {
    mountDisk(this, 2000);
    const path = at('disk', 'c');
    using model = smallModel();
    const readOnly = {
      name: 'read-only',
      onEpochEnd: ({ epoch }: { epoch: number }) => {
        if (epoch === 1) assert.ok(mounts('-o', 'remount,ro', at('disk')));
      },
    };
    const saving = [readOnly, callbacks.checkpoint({ path })];
    await assert.rejects(train(model, { ...OPTIONS, callbacks: saving }), {
      code: 'ERR_UNROLLED_FILE_WRITE',
      message: /read-only/,
    });
    assert.deepEqual(readdirSync(at('disk')), ['c']);
    assert.equal((await readCheckpoint(path)).record.native.steps, 37);
    // The next one is refused before it has trained.
    await assert.rejects(train(model, { ...OPTIONS, callbacks: [callbacks.checkpoint({ path })] }), {
      code: 'ERR_UNROLLED_FILE_WRITE',
    });
  });

  it('that are full end the command line with a status and a code', async function () {
    mountDisk(this, 100);
    writeFileSync(at('corpus.txt'), CORPUS.text);
    const { status, stderr } = await runCli(
      ...['train', at('corpus.txt'), '--hidden', '64', '--batch', '4', '--window', '8', '--epochs', '1'],
      ...['--checkpoint', at('disk', 'c')],
    );
    assert.equal(status, 1);
    assert.match(stderr, /\(ERR_UNROLLED_FILE_WRITE\)\n$/);
    assert.deepEqual(readdirSync(at('disk')), []);
  });

  it('refuse a folder that may not be written, before any step', async function () {
    if (process.getuid?.() === 0) this.skip();
    mkdirSync(at('folder'));
    chmodSync(at('folder'), 0o500);
    let steps = 0;
    const saving = { callbacks: [callbacks.checkpoint({ path: at('folder', 'c') })], onProgress: () => void steps++ };
    await assert.rejects(train(smallModel(), { ...OPTIONS, ...saving }), { code: 'ERR_UNROLLED_FILE_WRITE' });
    assert.equal(steps, 0);
  });

  it('whose folder vanishes in a training end it with a code, and leave the model usable', async () => {
    mkdirSync(at('folder'));
    using model = smallModel();
    const vanish = { name: 'vanish', onEpochEnd: () => rmSync(at('folder'), { recursive: true, force: true }) };
    const saving = [callbacks.checkpoint({ path: at('folder', 'c'), everySteps: 30 }), vanish];
    await assert.rejects(train(model, { ...OPTIONS, callbacks: saving }), { code: 'ERR_UNROLLED_FILE_WRITE' });
    assert.equal((await train(model, { epochs: 1 })).length, 1);
  });

  it('whose file of ids vanishes, is replaced or cut short in a training', async () => {
    writeFileSync(at('corpus.txt'), CORPUS.text);
    const read = (name: string) => FileCorpus.read(at('corpus.txt'), { idsFile: at(name) });
    const expected = await train(smallModel(), OPTIONS);
    // An open file stays readable after its name is gone; the system keeps it. Windows does not let it go.
    const ends: Record<string, (name: string) => void> = {
      ...(process.platform !== 'win32' && { removed: (name) => rmSync(at(name)) }),
      ...(process.platform !== 'win32' && { replaced: (name) => renameSync(at('corpus.txt'), at(name)) }),
    };
    for (const [name, end] of Object.entries(ends)) {
      const corpus = await read(name);
      const ending = { name, onEpochEnd: ({ epoch }: { epoch: number }) => epoch === 0 && end(name) };
      const results = await train(smallModel(), { ...OPTIONS, callbacks: [ending as never] }, corpus);
      assert.deepEqual(
        results.map(({ loss }) => loss),
        expected.map(({ loss }) => loss),
      );
      await assert.rejects(train(smallModel(), OPTIONS, corpus), {
        code: name === 'removed' ? 'ERR_UNROLLED_FILE_NOT_FOUND' : 'ERR_UNROLLED_FILE_READ',
      });
      writeFileSync(at('corpus.txt'), CORPUS.text);
    }
    const corpus = await read('cut');
    using model = smallModel();
    const cut = { name: 'cut', onEpochEnd: () => truncateSync(at('cut'), 400) };
    await assert.rejects(train(model, { ...OPTIONS, callbacks: [cut] }, corpus), {
      code: 'ERR_UNROLLED_FILE_READ',
      message: /has become shorter/,
    });
    assert.equal((await train(model, { epochs: 1 })).length, 1);
  });

  it('whose text vanishes before it is read again', async () => {
    writeFileSync(at('corpus.txt'), CORPUS.text);
    const corpus = await FileCorpus.read(at('corpus.txt'), { idsFile: at('ids') });
    rmSync(at('corpus.txt'));
    const other = smallModel().vocabulary.withUnknown('skip');
    await assert.rejects(corpus.withVocabulary(other), { code: 'ERR_UNROLLED_FILE_NOT_FOUND' });
    await assert.rejects(FileCorpus.read(at('corpus.txt')), { code: 'ERR_UNROLLED_FILE_NOT_FOUND' });
  });
});
