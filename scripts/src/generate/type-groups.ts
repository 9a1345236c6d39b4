// SPDX-License-Identifier: Apache-2.0
import { type RecordType, type TopicDeclaration, allTopics, plain } from '@nervus/contracts';

/** Record types that documents show once: those that several services have in the same form, and each other type alone. */
export interface TypeGroup {
  /** `nervus.<service>.heartbeat-beaten.v1` where services share it, else the name of the type. */
  readonly name: string;
  readonly type: RecordType;
  readonly members: readonly { readonly type: RecordType; readonly topic: TopicDeclaration }[];
}

/** `nervus.<service>.decision-made.v1` of `nervus.approval.decision-made.v1`; the same for names of topics. */
export const openName = (name: string): string => name.replace(/^nervus\.[a-z]+\./, 'nervus.<service>.');

/** Groups in the order of the declarations. */
/** @param topics whose record types they are */
export function typeGroups(topics: readonly TopicDeclaration[] = allTopics): TypeGroup[] {
  const all = topics.flatMap((topic) => topic.records.map((type) => ({ topic, type })));
  const form = ({ type, minor, schema, extensions, description }: RecordType): string => JSON.stringify([openName(type), minor, plain(schema), extensions, description]);
  return [...Map.groupBy(all, ({ type }) => form(type)).values()].flatMap((members) => {
    const [first] = members;
    return first ? [{ name: members.length > 1 ? openName(first.type.type) : first.type.type, type: first.type, members }] : [];
  });
}
