import type { BuildkitBuild } from '../../build/cache/buildkitQuestion.ts';
import type { ListedRecord, SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { EvidenceKind } from '../../build/cache/cacheReport.ts';
import type { KeyedBuild } from '../../build/cache/vertex.ts';
import type { LocalImage } from '../localImages/localImage.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';
import type { ContextWork } from '../../build/contextHash/contextWork.ts';
import type { Environment } from '../runs/clientEnvironment.ts';

/** Where builds of this machine leave traces. */
export interface HerePlaces {
  /** Of the docker CLI's programs. */
  readonly env: Environment;
  readonly contexts: Pick<ContextWork, 'view' | 'refresh' | 'keepUpload'>;
  /** What recorded builds of one builder read of contexts, kept between sessions. */
  readonly notes: ContentNotes;
}

export interface ContentNotes {
  known(): Promise<ReadonlyMap<string, string>>;
  add(notes: ReadonlyMap<string, string>): Promise<void>;
}

export interface EvidenceQuestion {
  readonly prepared: PreparedBuild;
  readonly build: BuildkitBuild;
  /** What is known already: of an image that is among it nothing else is asked. */
  readonly seen: readonly SeenBuild[];
  readonly without: readonly EvidenceKind[];
  /** Undefined when it is not to be looked at. */
  readonly here?: HerePlaces;
}

export interface FoundEvidence {
  readonly seen: readonly SeenBuild[];
  /** Undefined when the builder's list could not be read. */
  readonly listed: readonly ListedRecord[] | undefined;
  /** Whether something that may tell of builds could not be read. */
  readonly isUnread: boolean;
}

export interface KeyedQuestion extends EvidenceQuestion {
  readonly keyed: KeyedBuild;
}

export interface ComparedQuestion extends KeyedQuestion {
  readonly listed: FoundEvidence['listed'];
}

/** By whatever digest an image is known. */
export function digestsOf({ id, manifest }: LocalImage): readonly string[] {
  return manifest === undefined ? [id] : [id, manifest];
}
