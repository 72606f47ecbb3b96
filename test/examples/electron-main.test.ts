/** The main process of the example for Electron, with a stand-in for the little of Electron that it uses. */

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { FromTrainer } from '../../examples/electron/messages';
import { EXAMPLE } from '../support/electron-trainer';
import { useFolder } from '../support/folder';

class WebContents extends EventEmitter {
  sent: unknown[][] = [];
  open?: () => { action: string };
  send(...message: unknown[]): void {
    this.sent.push(message);
  }
  setWindowOpenHandler(open: () => { action: string }): void {
    this.open = open;
  }
}

class BrowserWindow extends EventEmitter {
  static all: BrowserWindow[] = [];
  webContents = new WebContents();
  isGone = false;
  file = '';
  constructor(readonly options: { webPreferences: Record<string, unknown> }) {
    super();
    BrowserWindow.all.push(this);
  }
  static getAllWindows(): BrowserWindow[] {
    return BrowserWindow.all.filter(({ isGone }) => !isGone);
  }
  isDestroyed(): boolean {
    return this.isGone;
  }
  async loadFile(file: string): Promise<void> {
    this.file = file;
  }
}

class Trainer extends EventEmitter {
  heard: unknown[] = [];
  isKilled = false;
  constructor(readonly file: string) {
    super();
  }
  postMessage(message: unknown): void {
    this.heard.push(message);
  }
  kill(): void {
    this.isKilled = true;
  }
}

describe('the main process of the Electron example', () => {
  const at = useFolder();
  let trainers: Trainer[];
  let ipcMain: EventEmitter;
  let app: EventEmitter;

  beforeEach(async () => {
    BrowserWindow.all = [];
    trainers = [];
    ipcMain = new EventEmitter();
    app = Object.assign(new EventEmitter(), { whenReady: async () => {}, quit: () => app.emit('quit') });
    const fork = (file: string) => {
      trainers.push(new Trainer(file));
      return trainers.at(-1);
    };
    Object.assign(globalThis, { electronStandIn: { app, BrowserWindow, ipcMain, utilityProcess: { fork } } });
    mkdirSync(at('node_modules', 'electron'), { recursive: true });
    writeFileSync(at('node_modules', 'electron', 'index.js'), 'module.exports = globalThis.electronStandIn;');
    for (const script of ['main.js', 'orders.js']) copyFileSync(path.join(EXAMPLE, script), at(script));
    createRequire(at('main.js'))('./main.js');
    await new Promise(setImmediate);
  });

  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'electronStandIn');
  });

  function only(): { window: BrowserWindow; trainer: Trainer } {
    const [window, trainer] = [BrowserWindow.all[0], trainers[0]];
    assert.ok(window !== undefined && trainer !== undefined);
    return { window, trainer };
  }

  it('opens a window without Node.js, that leads nowhere else, and starts a trainer', () => {
    const { window, trainer } = only();
    const { preload, ...preferences } = window.options.webPreferences;
    assert.deepEqual(preferences, { contextIsolation: true, nodeIntegration: false, sandbox: true });
    assert.equal(path.basename(String(preload)), 'preload.js');
    assert.deepEqual([window.file, path.basename(trainer.file)], ['index.html', 'trainer.js']);
    assert.deepEqual(window.webContents.open?.(), { action: 'deny' });
    let isPrevented = false;
    window.webContents.emit('will-navigate', { preventDefault: () => (isPrevented = true) });
    assert.ok(isPrevented);
  });

  it('hands on orders of its window alone, and what the trainer says', () => {
    const { window, trainer } = only();
    const stop = { type: 'stop' };
    ipcMain.emit('trainer', { sender: window.webContents }, stop);
    ipcMain.emit('trainer', { sender: new WebContents() }, { type: 'train' });
    assert.deepEqual(trainer.heard, [stop]);
    trainer.emit('message', { type: 'done' } satisfies FromTrainer);
    assert.deepEqual(window.webContents.sent, [['trainer', { type: 'done' }]]);
  });

  it('hands on nothing that is no order, and says so', () => {
    const { window, trainer } = only();
    const train = { type: 'train', text: 'abc', epochs: 2, hidden: 8, prompt: 'a' };
    const noOrders = [
      ...[undefined, null, 'stop', 5, [], {}, { type: 'eval' }, { type: 'train' }],
      ...[
        { ...train, text: 5 },
        { ...train, text: 'x'.repeat(10_000_001) },
        { ...train, prompt: ['a'] },
      ],
      ...[
        { ...train, epochs: '2' },
        { ...train, epochs: 0 },
        { ...train, epochs: Number.NaN },
        { ...train, epochs: 1.5 },
      ],
      ...[
        { ...train, hidden: 2 ** 31 },
        { ...train, hidden: -1 },
        { ...train, hidden: Number.POSITIVE_INFINITY },
      ],
    ];
    for (const each of noOrders) ipcMain.emit('trainer', { sender: window.webContents }, each);
    assert.deepEqual(trainer.heard, []);
    assert.equal(window.webContents.sent.length, noOrders.length);
    for (const [, message] of window.webContents.sent) assert.equal((message as { code: string }).code, 'order');
    ipcMain.emit('trainer', { sender: window.webContents }, { ...train, path: '/etc/passwd' });
    assert.deepEqual(trainer.heard, [train]);
  });

  it('tells the window of a trainer that died, starts another for the next order, and tells nothing to one that is gone', () => {
    const { window, trainer } = only();
    for (const [times, code] of [0, 9].entries()) {
      trainers.at(-1)?.emit('exit', code);
      const message = `The trainer ended with status ${code}; the next one starts anew.`;
      assert.deepEqual(window.webContents.sent.at(-1), ['trainer', { type: 'failed', code: 'exit', message }]);
      ipcMain.emit('trainer', { sender: window.webContents }, { type: 'stop' });
      assert.equal(trainers.length, 1 + times);
      const train = { type: 'train', text: 'abc', epochs: 2, hidden: 8, prompt: 'a' };
      ipcMain.emit('trainer', { sender: window.webContents }, train);
      assert.equal(trainers.length, 2 + times);
      assert.deepEqual(trainers.at(-1)?.heard, [train]);
    }
    assert.deepEqual(trainer.heard, []);
    window.isGone = true;
    trainers.at(-1)?.emit('message', { type: 'done' });
    window.emit('closed');
    trainers.at(-1)?.emit('exit', 15);
    assert.equal(window.webContents.sent.length, 2);
    assert.equal(trainers.length, 3);
  });

  it('ends the trainer with its window, and opens another', () => {
    const { window, trainer } = only();
    window.isGone = true;
    window.emit('closed');
    assert.ok(trainer.isKilled);
    assert.equal(ipcMain.listenerCount('trainer'), 0);
    app.emit('activate');
    assert.equal(BrowserWindow.all.length, 2);
    assert.equal(trainers.length, 2);
  });
});
