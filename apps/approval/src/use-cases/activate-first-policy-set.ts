// SPDX-License-Identifier: Apache-2.0
import { derivedId, PolicySetActivated } from '@nervus/contracts';
import { Tables } from '@nervus/messaging';
import { Events, ServiceClock, ServiceLogger } from '@nervus/service-kit';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ActivePolicies } from '../adapters/active-policies.js';
import { type Activation, ApprovalStores, installation } from '../adapters/approval-stores.js';
import { hashOfFiles, loadPolicySet, PolicyFolder, type PolicySetFiles } from '../adapters/policy-set-files.js';
import { PolicySetInvalid } from '../domain/policy-set.js';

/**
 * The first start of an installation puts the shipped policy set in force. From then on files are candidates only: the
 * set that was activated stays in force, from its stored bytes, until another one is activated.
 */
@Injectable()
export class ActivateFirstPolicySet implements OnApplicationBootstrap {
  constructor(
    private readonly stores: ApprovalStores,
    private readonly policies: ActivePolicies,
    private readonly folder: PolicyFolder,
    private readonly events: Events,
    private readonly clock: ServiceClock,
    private readonly logger: ServiceLogger,
    tables: Tables,
  ) {
    tables.on(PolicySetActivated, ({ data }) => this.follow(data));
  }

  /** @throws PolicySetInvalid when there is no set in force and the shipped one cannot be */
  async onApplicationBootstrap(): Promise<void> {
    const activation = (await this.stores.activation.read(installation))?.state ?? (await this.activateShipped());
    await this.use(activation);
    await this.compareWithFolder(activation);
  }

  /** Another replica, perhaps of a newer release, put another set in force. What cannot be loaded ends the process. */
  private async follow(activation: Activation): Promise<void> {
    if (this.policies.version !== undefined && activation.version > this.policies.version) await this.use(activation);
  }

  private async use({ version, hash }: Activation): Promise<void> {
    const files = (await this.stores.policySets.read(hash))?.state.files;
    if (!files || hashOfFiles(files) !== hash) throw new PolicySetInvalid([`the bytes of the set in force (version ${version}, ${hash}) are not in the database, or not those bytes`]);
    this.policies.activate({ ...loadPolicySet(files), version });
  }

  private async activateShipped(): Promise<Activation> {
    const files = await this.folder.read();
    const { hash } = loadPolicySet(files);
    // Bytes first: whoever learns of the activation finds them.
    await this.stores.policySets.apply(hash, derivedId('policy-set-stored', hash), (current) => (current ? 'unchanged' : { state: { files }, events: [] }));
    const id = derivedId('policy-set-activated', '1');
    const activated = this.events.of(PolicySetActivated, { key: 'policy-set', id, data: { version: 1, hash, by: [installation], at: this.clock.instant() } });
    await this.stores.activation.apply(installation, id, (current) => (current ? 'unchanged' : { state: { version: 1, hash }, events: [activated] }));
    // Another replica may have been first, with other files: the document says what holds.
    const { state } = (await this.stores.activation.read(installation)) ?? { state: { version: 1, hash } };
    return state;
  }

  private async compareWithFolder(activation: Activation): Promise<void> {
    let files: PolicySetFiles;
    try {
      files = await this.folder.read();
    } catch (error) {
      this.logger.warn({ err: error, code: 'policy_folder_unreadable', version: activation.version }, 'the policy folder cannot be read; the set in force is used from the database');
      return;
    }
    const hash = hashOfFiles(files);
    if (hash === activation.hash) this.logger.info({ version: activation.version, hash }, 'the policy set is in force');
    else this.logger.warn({ code: 'policy_files_not_in_force', version: activation.version, inForce: activation.hash, inFolder: hash }, 'the files in the policy folder are not the policy set in force and change nothing');
  }
}
