import { BackupTask, doHere, failed, type BackupAnswer } from './tasks.js';

/** The process that does one task, says how far it is, and ends. */
const say = (answer: BackupAnswer): void => void process.send?.(answer);

process.once('message', (message) => {
  const task = BackupTask.parse(message);
  let last = -1;
  doHere(task, (percent, stage) => {
    if (percent === last) return;
    last = percent;
    say({ said: 'progress', percent, stage });
  })
    .then(
      (done) => say({ said: 'done', ...done }),
      (thrown: unknown) => say(failed(thrown)),
    )
    .finally(() => process.disconnect());
});
process.once('disconnect', () => process.exit(0));
