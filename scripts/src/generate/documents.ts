// SPDX-License-Identifier: Apache-2.0
import { accessControlData, accessPage } from './access.js';
import { asyncApiText, subscriberApiText } from './asyncapi.js';
import { openApiText } from './openapi.js';
import { topicsPage } from './topics-page.js';

/** A file that is made from the declarations and kept in the repository. */
export interface GeneratedDocument {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Everything that `npm run generate` writes. The same declarations always make the same bytes. */
export const generatedDocuments = (): GeneratedDocument[] => [
  { path: 'docs/events/README.md', text: topicsPage() },
  { path: 'docs/events/access.md', text: accessPage() },
  { path: 'docs/events/acls.json', text: accessControlData() },
  { path: 'docs/events/asyncapi.yaml', text: asyncApiText() },
  { path: 'docs/events/subscribers.yaml', text: subscriberApiText() },
  { path: 'docs/events/edge.openapi.yaml', text: openApiText() },
];
