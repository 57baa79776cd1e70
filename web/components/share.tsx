import { useRef, useState } from 'preact/hooks';
import { modulesPath } from '../state/party-link.js';
import { useLoaded } from '../views/hooks.js';
import { Button } from './buttons.js';

/** A link as a picture for cameras. */
export function QrCode({ text }: { text: string }) {
  const { value } = useLoaded(() => import('uqr'), []);
  const code = value?.encode(text, { ecc: 'M', border: 3 });
  return (
    <div class="qr" role="img" aria-label="QR code of the link">
      {code && (
        <svg viewBox={`0 0 ${code.size} ${code.size}`} aria-hidden="true" shape-rendering="crispEdges">
          <path d={modulesPath(code.data)} />
        </svg>
      )}
    </div>
  );
}

interface CopyLineProps {
  readonly label: string;
  readonly text: string;
  /** What the phone's own sheet for sharing says; absent: it is not offered. */
  readonly share?: { readonly title: string; readonly text: string } | undefined;
}

/** A text to be taken elsewhere: by hand, by the clipboard, or by what the phone shares with. */
export function CopyLine({ label, text, share }: CopyLineProps) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<boolean>();
  return (
    <>
      <label class="field">
        <span>{label}</span>
        <input
          ref={field}
          type="text"
          readOnly
          value={text}
          onFocus={(event) => event.currentTarget.select()}
        />
      </label>
      <div class="play-buttons">
        <Button
          icon="save"
          label="Copy"
          kind="primary"
          offline
          onClick={() => void copyText(field.current, text).then(setCopied)}
        />
        {share && 'share' in navigator && (
          <Button
            icon="share"
            label="Share"
            offline
            onClick={() =>
              // Whoever changes their mind rejects it: nothing is wrong then.
              void navigator.share({ ...share, url: text }).catch(() => undefined)
            }
          />
        )}
      </div>
      <p class="copied" role="status">
        {copied === undefined
          ? ''
          : copied
            ? 'Copied'
            : 'The browser copies nothing here: the text is selected'}
      </p>
    </>
  );
}

/** Over plain HTTP browsers have no clipboard of their own: the field's text is copied the old way. */
export async function copyText(
  field: Pick<HTMLInputElement, 'focus' | 'select'> | null,
  text: string,
): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    field?.focus();
    field?.select();
    return document.execCommand('copy');
  }
}

/** Why other phones cannot follow a link, when this page was opened at an address that only this machine understands. */
export function LocalNote() {
  return (
    <p class="sheet-about">
      You opened this page at <strong>{location.host}</strong>, an address that only this machine understands.
      For a link that works on phones, open Tutti by the name or the number of the machine it runs on, such as{' '}
      {`http://raspberrypi.local${location.port && `:${location.port}`}`}, and come back here.
    </p>
  );
}
