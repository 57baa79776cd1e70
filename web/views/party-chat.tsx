import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ClientError } from '../../src/client/client-error.js';
import type { ChatMessage } from '../../src/protocol/party.js';
import { IconButton } from '../components/buttons.js';
import { explain } from '../state/explain.js';
import { wallTime } from '../state/format.js';
import { partyOf } from '../state/party.js';
import { waitSeconds } from '../state/party-words.js';
import { useStore } from '../state/store.js';

/** How many messages of others came since the chat was last seen. New ones are said by screen readers. */
export function useUnread(chat: readonly ChatMessage[], me: string, seen: boolean): number {
  const { spoken } = useStore();
  const last = chat.at(-1);
  const [seenId, setSeenId] = useState(last?.message_id);
  const saidId = useRef(last?.message_id);
  useEffect(() => {
    if (seen) setSeenId(last?.message_id);
    if (!last || saidId.current === last.message_id) return;
    saidId.current = last.message_id;
    if (last.participant_id !== me) spoken.value = `${last.user} says: ${last.message}`;
  }, [last?.message_id, seen]);
  if (seen) return 0;
  const from = chat.findIndex(({ message_id }) => message_id === seenId);
  return chat.slice(from + 1).filter(({ participant_id }) => participant_id !== me).length;
}

interface PartyChatProps {
  readonly id: string;
  readonly chat: readonly ChatMessage[];
  readonly me: string;
}

export function PartyChat({ id, chat, me }: PartyChatProps) {
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const last = chat.at(-1)?.message_id;
  // Whoever reads further up stays there.
  useLayoutEffect(() => {
    const box = list.current;
    if (box && atEnd.current) box.scrollTop = box.scrollHeight;
  }, [last]);
  return (
    <div class="party-chat">
      <div
        ref={list}
        class="scroller"
        tabIndex={0}
        role="region"
        aria-label="Conversation"
        onScroll={({ currentTarget: box }) => {
          atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
        }}
      >
        {chat.length === 0 && <p class="empty">Nobody has said anything yet.</p>}
        <ol class="messages">
          {chat.map((message) => (
            <Message key={message.message_id} message={message} mine={message.participant_id === me} />
          ))}
        </ol>
      </div>
      <Composer id={id} />
    </div>
  );
}

function Message({ message: { user, message, sent_at }, mine }: { message: ChatMessage; mine: boolean }) {
  return (
    <li class={`message ${mine ? 'mine' : ''}`}>
      <p class="said-by">
        <span>{mine ? 'You' : user}</span> <time dateTime={sent_at}>{wallTime(Date.parse(sent_at))}</time>
      </p>
      <p class="said-text">{message}</p>
    </li>
  );
}

function Composer({ id }: { id: string }) {
  const store = useStore();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  const [wait, setWait] = useState(0);
  const busy = useRef(false);
  useEffect(() => {
    if (wait === 0) return;
    const timer = setTimeout(() => setWait(wait - 1), 1_000);
    return () => clearTimeout(timer);
  }, [wait]);
  const say = async (): Promise<void> => {
    const message = text.trim();
    if (message === '' || busy.current || wait > 0) return;
    busy.current = true;
    setProblem('');
    try {
      await partyOf(store).send('room:chat', { room_id: id, message });
      setText((now) => (now.trim() === message ? '' : now));
    } catch (error) {
      const seconds = error instanceof ClientError ? waitSeconds(error.params) : undefined;
      if (seconds === undefined) setProblem(explain(error));
      else setWait(seconds);
    } finally {
      busy.current = false;
    }
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void say();
      }}
    >
      <p class="composer-note" role="status">
        {wait > 0 ? `One moment: others want to read along. Again in ${wait} s` : problem}
      </p>
      <label class="composer-field">
        <span class="visually-hidden">Message</span>
        <input
          type="text"
          value={text}
          maxLength={500}
          placeholder="Say something"
          autocomplete="off"
          enterkeyhint="send"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <IconButton
        icon="up"
        label="Send"
        class="send"
        disabled={text.trim() === '' || wait > 0}
        onClick={() => void say()}
      />
    </form>
  );
}
