/** The main process: one window, one utility process that trains, and messages between them. */

const path = require('node:path');
const { app, BrowserWindow, ipcMain, utilityProcess } = require('electron');

/**
 * A trainer whose messages go to a window.
 * @param {Electron.BrowserWindow} window
 */
function startTrainer(window) {
  const trainer = utilityProcess.fork(path.join(__dirname, 'trainer.js'), [], { serviceName: 'unrolled trainer' });
  /** @param {import('./messages').FromTrainer} message */
  const tell = (message) => {
    if (!window.isDestroyed()) window.webContents.send('trainer', message);
  };
  trainer.on('message', tell);
  trainer.on('exit', (code) => {
    if (code !== 0) tell({ type: 'failed', code: 'exit', message: `The trainer ended with status ${code}.` });
  });
  return trainer;
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

  const trainer = startTrainer(window);
  /** @type {(event: Electron.IpcMainEvent, order: import('./messages').ToTrainer) => void} */
  const hand = ({ sender }, order) => {
    if (sender === window.webContents) trainer.postMessage(order);
  };
  ipcMain.on('trainer', hand);
  window.on('closed', () => {
    ipcMain.off('trainer', hand);
    // A training that runs is cancelled, and its threads are joined, before the process ends.
    trainer.kill();
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
