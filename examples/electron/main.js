/** The main process: one window, one utility process that trains, and messages between them. */

const path = require('node:path');
const { app, BrowserWindow, ipcMain, utilityProcess } = require('electron');
const { orderOf } = require('./orders.js');

/**
 * A trainer whose messages go to a window, and which is started anew by the next order to train where it has died.
 * @param {(message: import('./messages').FromTrainer) => void} tell
 */
function keepTrainer(tell) {
  /** @type {Electron.UtilityProcess | undefined} */
  let trainer;
  const start = () => {
    const started = utilityProcess.fork(path.join(__dirname, 'trainer.js'), [], { serviceName: 'unrolled trainer' });
    started.on('message', tell);
    started.on('exit', (code) => {
      if (trainer !== started) return;
      trainer = undefined;
      tell({
        type: 'failed',
        code: 'exit',
        message: `The trainer ended with status ${code}; the next one starts anew.`,
      });
    });
    trainer = started;
    return started;
  };
  start();
  return {
    /** @param {import('./messages').ToTrainer} order */
    hand: (order) => {
      if (order.type === 'train') (trainer ?? start()).postMessage(order);
      else trainer?.postMessage(order);
    },
    end: () => {
      const last = trainer;
      trainer = undefined;
      // A training that runs is cancelled, and its threads are joined, before the process ends.
      last?.kill();
    },
  };
}

function openWindow() {
  const window = new BrowserWindow({
    width: 900,
    height: 700,
    webPreferences: {
      preload: path.join(__dirname, 'preload.js'),
      ...{ contextIsolation: true, nodeIntegration: false, sandbox: true },
    },
  });
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  window.webContents.on('will-navigate', (event) => event.preventDefault());

  /** @param {import('./messages').FromTrainer} message */
  const tell = (message) => {
    if (!window.isDestroyed()) window.webContents.send('trainer', message);
  };
  const trainer = keepTrainer(tell);
  /** @type {(event: Electron.IpcMainEvent, message: unknown) => void} */
  const hand = ({ sender }, message) => {
    if (sender !== window.webContents) return;
    const order = orderOf(message);
    if (order !== undefined) trainer.hand(order);
    else tell({ type: 'failed', code: 'order', message: 'This is no order that the trainer could carry out.' });
  };
  ipcMain.on('trainer', hand);
  window.on('closed', () => {
    ipcMain.off('trainer', hand);
    trainer.end();
  });
  void window.loadFile('index.html');
}

void app.whenReady().then(() => {
  openWindow();
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) openWindow();
  });
});

app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') app.quit();
});
