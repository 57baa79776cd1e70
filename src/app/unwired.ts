import { AppError } from '../base/index.js';
import type { CommandType, Handlers } from '../protocol/index.js';

const no = (): never => {
  throw new AppError('ERR_NOT_SUPPORTED', 'This house cannot do that yet');
};

/** Commands whose part of the pipeline is not wired yet; each goes as its part comes. */
export const unwired = {
  'download:list': no,
  'download:add': no,
  'download:cancel': no,
  'download:pause': no,
  'download:retry': no,
  'download:remove': no,
  'upload:begin': no,
  'upload:status': no,
  'upload:finish': no,
  'feed:list': no,
  'feed:add': no,
  'feed:remove': no,
  'import:list': no,
  'import:review': no,
  'import:approve': no,
  'import:reject': no,
  'import:retry': no,
  'import:search': no,
  'library:delete': no,
  'trash:list': no,
  'trash:restore': no,
  'trash:remove': no,
  'export:list': no,
  'export:start': no,
  'export:cancel': no,
  'export:resume': no,
  'export:remove': no,
  'schedule:list': no,
  'schedule:set': no,
  'schedule:run': no,
  'target:list': no,
  'target:add': no,
  'target:update': no,
  'target:remove': no,
  'target:test': no,
  'target:scan': no,
} satisfies Partial<Handlers<CommandType>>;
