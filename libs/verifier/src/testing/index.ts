// SPDX-License-Identifier: Apache-2.0
export { sampleAction, samplePolicy } from './sample-actions.js';
export { SampleLog, sampleOrigin } from './sample-log.js';
export { type SampleEvent, SampleMesh, SampleProcess, type SampleRecord, sampleStart } from './sample-mesh.js';
export { writeFolder } from './write-folder.js';
