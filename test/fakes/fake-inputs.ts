import { AppError } from '../../src/base/index.js';
import type { CommandReply } from '../../src/protocol/index.js';
import type { FakeHandlers } from './fake-commands.js';
import type { FakePipeline } from './fake-pipeline.js';

/** Inputs of a made-up machine; what is pressed says the test. */
export class FakeInputs {
  readonly asked: { readonly type: string; readonly request: object }[] = [];
  problem: string | undefined;
  /** What `input:test` answers with. */
  refusal: string | undefined;
  /** What is pressed in a lesson. */
  pressed: CommandReply<'input:learn'> = {};
  readonly handlers: FakeHandlers;

  constructor(lists: FakePipeline) {
    const note = (type: string, request: object): void => void this.asked.push({ type, request });
    this.handlers = {
      'input:list': () => ({
        inputs: lists.list('inputs'),
        ...(this.problem !== undefined && { problem: this.problem }),
      }),
      'input:set': (request) => {
        note('input:set', request);
        const { input_id, enabled, room_id } = request;
        const { room_id: before, ...item } = lists.get('inputs', input_id);
        const room = room_id === undefined ? before : (room_id ?? undefined);
        lists.put('inputs', {
          ...item,
          enabled: enabled ?? item.enabled,
          ...(room !== undefined && { room_id: room }),
        });
        return {};
      },
      'input:bind': (request) => {
        note('input:bind', request);
        const { input_id, key, gesture, action, playlist_id } = request;
        const item = lists.get('inputs', input_id);
        const others = item.bindings.filter((one) => one.key !== key || one.gesture !== gesture);
        const added =
          action === null
            ? []
            : [{ key, gesture, action, ...(playlist_id !== undefined && { playlist_id }) }];
        lists.put('inputs', { ...item, bindings: [...others, ...added] });
        return {};
      },
      'input:reset': (request) => {
        note('input:reset', request);
        return { bindings: [] };
      },
      'input:learn': (request) => {
        note('input:learn', request);
        return request.end ? {} : this.pressed;
      },
      'input:test': (request) => {
        note('input:test', request);
        if (this.refusal !== undefined) throw new AppError('ERR_CONFLICT', this.refusal);
        return {};
      },
      'input:forget': ({ input_id }) => {
        lists.remove('inputs', input_id);
        return {};
      },
    };
  }
}
