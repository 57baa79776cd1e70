export { asideName } from './aside.js';
export { openCrew } from './crew.js';
export { Backups, type BackupPiece, type BackupsParts } from './backups.js';
export { manifestOf, verify, type Manifest } from './archive.js';
export {
  backupsIn,
  described,
  fileOf,
  listFiles,
  makeFolder,
  nextBackup,
  outdated,
  removeFiles,
  sizeWords,
  type BackupFile,
} from './folder.js';
export { readLog, type LogState } from './log-file.js';
export { checkDatabase, makeBackup, type MakeTask } from './make.js';
export { mendFolder, mendSettings, type MendParts } from './mend.js';
export { unplacedIn, unplacedSettings, unplacedWords, type Unplaced } from './place-settings.js';
export {
  armRestore,
  FILES,
  finishRestore,
  hasBegun,
  isArmed,
  isJustRestored,
  stagedSettings,
  stageRestore,
  type ArmTask,
} from './restore.js';
export { describedIn } from './same.js';
export { holdStill, type Still } from './still.js';
