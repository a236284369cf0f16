import { cut, type Draft, type Step } from '../step.ts';
import { readWebAddress } from '../web-address.ts';

/** url, host, path, title. Something that is no address stays readable in `url`. */
export const pageStep: Step = { name: 'page', run: readPage };

function readPage(draft: Draft): undefined {
  const { event, row } = draft;
  row.title = cut(event.title, 512);
  if (event.url === undefined) return;
  const address = readWebAddress(event.url);
  if (address === undefined) {
    row.url = cut(event.url, 2_048);
    return;
  }
  draft.page = address;
  row.url = address.url;
  row.host = address.host;
  row.path = address.path;
}
