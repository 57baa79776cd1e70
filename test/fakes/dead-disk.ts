import { spawn } from 'node:child_process';

/** A disk that answers nobody any more, as a network disk whose server was switched off: who asks it anything waits in the kernel. */
export interface DeadDisk {
  /** Who waits is told that there is no disk. */
  end(): Promise<void>;
}

const SCRIPT =
  'exec 9<>/dev/fuse && mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 dead "$0" && echo ready && exec cat';

/** Over what is at `path`, for programs started with `words` before them (see SmallDisk). Nobody ever answers what FUSE is asked. */
export async function deadDisk(path: string, words: readonly string[]): Promise<DeadDisk> {
  const [program = 'sh', ...before] = [...words, 'sh', '-c', SCRIPT, path];
  const holder = spawn(program, before, { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => holder.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    holder.once('exit', () => reject(new Error('this test needs FUSE: sudo modprobe fuse')));
  });
  return {
    async end() {
      holder.stdin.end();
      await gone;
    },
  };
}
