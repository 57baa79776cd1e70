import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { explain } from '../state/explain.js';
import { Button } from './buttons.js';
import type { IconName } from './icon.js';
import { Sheet } from './sheet.js';

interface AskSheetProps {
  readonly title: string;
  /** What happens then, so that nobody has to guess. */
  readonly children: ComponentChildren;
  readonly icon: IconName;
  readonly yes: string;
  readonly no?: string;
  readonly run: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before something that is not undone with a tap. */
export function AskSheet({ title, children, icon, yes, no = 'Cancel', run, onClose }: AskSheetProps) {
  const [problem, setProblem] = useState<string>();
  const go = async (): Promise<void> => {
    setProblem(undefined);
    await run().then(onClose, (error: unknown) => setProblem(explain(error)));
  };
  return (
    <Sheet title={title} onClose={onClose}>
      <div class="sheet-about">{children}</div>
      <p class="form-problem" role="alert">
        {problem}
      </p>
      <div class="play-buttons">
        <Button icon={icon} kind="primary" label={yes} onClick={() => void go()} />
        <Button label={no} offline onClick={onClose} />
      </div>
    </Sheet>
  );
}
