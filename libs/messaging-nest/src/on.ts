// SPDX-License-Identifier: Apache-2.0
import type { DataOf, RecordType, TopicDeclaration } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';
import { applyDecorators, Controller } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';

/** Fits only methods that take the record of this type, so that a handler for another type does not compile. */
export type HandlerDecorator<R extends RecordType> = (target: object, property: string | symbol, descriptor: TypedPropertyDescriptor<(event: Received<DataOf<R>>) => Promise<void>>) => void;

/** How Nest names a handler of ours: the CloudEvents type, which is on exactly one topic. */
export const patternOf = (type: Pick<RecordType, 'type'>): string => type.type;

/**
 * Marks a method as the handler of one record type. It receives the record, verified and decoded, as
 * `Received<T>`; when it resolves the record is finished, when it throws a `PermanentError` the record is
 * dead-lettered, and any other error is retried in place.
 *
 * @throws TypeError at load when the type is not declared on that topic.
 */
export function On<R extends RecordType>(topic: TopicDeclaration, type: R): HandlerDecorator<R> {
  if (!topic.records.includes(type)) {
    throw new TypeError(`@On(${topic.name}, ${type.type}): that type is not declared on that topic; declared are ${topic.records.map((declared) => declared.type).join(', ') || 'none'}`);
  }
  const decorate = EventPattern(patternOf(type), { topic: topic.name, type: type.type }) as MethodDecorator;
  return (target, property, descriptor) => {
    decorate(target, property, descriptor);
  };
}

/** Marks a class with `@On` handlers; list it in its module's `controllers`, since Nest looks for handlers only there. */
export const UseCase = (): ClassDecorator => applyDecorators(Controller());
