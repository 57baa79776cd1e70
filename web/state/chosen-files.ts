import { MAX_UPLOAD_FILES } from '../../src/protocol/pipeline/download-commands.js';
import { count } from './format.js';

/** A file of this phone, and where it was below what was chosen. */
export interface ChosenFile {
  readonly path: string;
  readonly file: File;
}

/** What belongs together: a folder, or files that were chosen beside each other. */
export interface Bundle {
  readonly title: string;
  readonly files: readonly ChosenFile[];
}

/** Made by systems for themselves; nobody means to send them. */
const JUNK = /^(?:\..*|Thumbs\.db|desktop\.ini)$/i;
const MOST_BYTES = 8_589_934_592;

/** From a file field; a folder field says where each file was. */
export function filesOfField(list: FileList | null): ChosenFile[] {
  return [...(list ?? [])].map((file) => ({
    path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath,
    file,
  }));
}

/** From something that was dropped on the page: files, and folders with all that is in them. To be called while the event is told. */
export async function filesOfDrop(items: DataTransferItemList): Promise<ChosenFile[]> {
  // The list is empty as soon as the event is over.
  const dropped = [...items].map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found = await Promise.all(
    dropped.map(async ({ entry, file }) => {
      if (entry) return filesBelow(entry, '');
      return file ? [{ path: file.name, file }] : [];
    }),
  );
  return found.flat();
}

async function filesBelow(entry: FileSystemEntry, above: string): Promise<ChosenFile[]> {
  const path = `${above}${entry.name}`;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path, file }];
  }
  if (!isFolder(entry)) return [];
  const reader = entry.createReader();
  const below: FileSystemEntry[] = [];
  for (;;) {
    // A browser gives a hundred at a time, and nothing at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) break;
    below.push(...some);
  }
  const found = await Promise.all(below.map((one) => filesBelow(one, `${path}/`)));
  return found.flat();
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

/** Each folder by itself, and files without one together. What cannot be sent is said in a sentence. */
export function bundlesOf(chosen: readonly ChosenFile[]): { bundles: Bundle[]; problem?: string } {
  const fit = chosen.filter(({ path, file }) => canBeSent(path, file));
  const folders = new Map<string, ChosenFile[]>();
  const loose: ChosenFile[] = [];
  for (const { path, file } of fit) {
    const slash = path.indexOf('/');
    if (slash < 0) loose.push({ path, file });
    else {
      const name = path.slice(0, slash);
      folders.set(name, [...(folders.get(name) ?? []), { path: path.slice(slash + 1), file }]);
    }
  }
  const bundles = [...folders].map(([name, files]) => ({ title: titleOf(name), files: inOrder(files) }));
  const only = loose[0]?.file.name.replace(/\.[^.]*$/, '') ?? '';
  if (loose.length > 0)
    bundles.push({
      title: loose.length === 1 ? titleOf(only) : count(loose.length, 'file'),
      files: inOrder(loose),
    });
  const many = bundles.find(({ files }) => files.length > MAX_UPLOAD_FILES);
  if (many)
    return {
      bundles: [],
      problem: `${many.title} has more than ${MAX_UPLOAD_FILES} files. Send it in parts`,
    };
  return bundles.length === 0 ? { bundles, problem: 'There is no file in it that can be sent' } : { bundles };
}

function canBeSent(path: string, { size }: File): boolean {
  const parts = path.split('/');
  return path.length <= 1024 && size <= MOST_BYTES && parts.every((part) => part !== '' && !JUNK.test(part));
}

function inOrder(files: readonly ChosenFile[]): ChosenFile[] {
  return files.toSorted((one, other) => one.path.localeCompare(other.path, 'en', { numeric: true }));
}

function titleOf(name: string): string {
  const title = name
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, 120)
    .trim();
  return title === '' ? 'Upload' : title;
}
