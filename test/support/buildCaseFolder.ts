import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BuildRequest } from '../../src/engine/build/buildRequest.ts';
import { parsePlatform } from '../../src/engine/oci/platform.ts';
import { BuildCaseFiles } from './buildCaseFiles.ts';
import { type CaseWorld, caseImage, emptyRoot } from './buildCaseImages.ts';
import type { BuildCase, CaseBuild, CaseEdit, CaseImage, CasePage } from './buildCases.ts';
import type { LayerLiteral } from './buildImage.ts';

export interface CaseSettings {
  /** Where it is laid out; the context is `ctx` in there. */
  readonly directory: string;
  /** A word that no other run has, so that no case meets the cache of another. */
  readonly salt: string;
  readonly world: CaseWorld;
  /** The lowest layer of base images. Default: one without programs. */
  readonly root?: LayerLiteral;
}

/**
 * A case laid out on disk: `layOut`, `request` for the first build, `edit` with the case's edits, `request` for the next.
 * A request writes the Dockerfile as it is then.
 */
export class BuildCaseFolder {
  readonly salt: string;
  /** Whether the edits so far take away what the builder has cached. */
  isPruned = false;
  readonly #case: BuildCase;
  readonly #settings: CaseSettings;
  readonly #files: BuildCaseFiles;
  #context: string;
  #moveTo: string | undefined;
  #template: string;

  private constructor(buildCase: BuildCase, settings: CaseSettings) {
    this.#case = buildCase;
    this.#settings = settings;
    this.salt = settings.salt;
    this.#context = path.join(settings.directory, 'ctx');
    this.#files = new BuildCaseFiles(this.#context, this.salt);
    this.#template = buildCase.dockerfile;
  }

  static async layOut(buildCase: BuildCase, settings: CaseSettings): Promise<BuildCaseFolder> {
    const folder = new BuildCaseFolder(buildCase, settings);
    for (const [name, image] of Object.entries(buildCase.images)) await folder.#publish(name, image);
    for (const page of buildCase.pages) await folder.#serve(page);
    for (const file of buildCase.files) folder.#files.put(file);
    const beside = new BuildCaseFiles(settings.directory, folder.salt);
    for (const file of buildCase.sideFiles) beside.put(file);
    return folder;
  }

  /** The Dockerfile as it is now. */
  get text(): string {
    return this.fill(this.#template);
  }

  /** The same with its placeholders. */
  get template(): string {
    return this.#template;
  }

  /** Names of images that stand for placeholders, by them. */
  get images(): ReadonlyMap<string, string> {
    return new Map(Object.keys(this.#case.images).map((name) => [name, this.fill(`@${name}@`)]));
  }

  /** Replaces the placeholders: `@SALT@`, `@REG@`, `@URL@`, and images. */
  fill(text: string): string {
    const { registry } = this.#settings.world;
    return text
      .replaceAll('@SALT@', this.salt)
      .replaceAll('@REG@', registry)
      .replaceAll('@URL@', `http://${registry}/${this.salt}`)
      .replace(
        /@((?:BASE|IMG)\w*)@/g,
        (_, name: string) => `${registry}/exam/${this.salt}:${name.toLowerCase()}`,
      );
  }

  /** The options with their placeholders replaced. */
  filled(build: CaseBuild): CaseBuild {
    return JSON.parse(this.fill(JSON.stringify(build))) as CaseBuild;
  }

  async edit(edits: readonly CaseEdit[]): Promise<void> {
    for (const edit of edits) await this.#edit(edit);
  }

  /** Writes the Dockerfile, and gives what the build is asked for. Pushing and tars of other owners are not in it. */
  request(options: CaseBuild): BuildRequest {
    this.#move();
    const build = this.filled(options);
    const { add_host: addHosts, label: labels, no_cache: noCache, pull, network, target } = build;
    const { shm_size: shmSize, ulimit, platform, no_cache_filter: filter } = build;
    const cacheTo = build.export_cache === undefined ? undefined : [build.export_cache];
    const cacheFrom = build.cache_from === undefined ? undefined : [build.cache_from];
    const secrets = Object.entries(build.secret ?? {}).map(([id, content]) => this.#secret(id, content));
    const contexts = Object.entries(build.contexts ?? {}).map(
      ([name, directory]) => [name, path.join(path.dirname(this.#context), directory)] as const,
    );
    return {
      context: this.#context,
      dockerfile: this.#writeDockerfile(),
      buildArgs: new Map(Object.entries(build.args ?? {})),
      tags: [`exam-${this.salt}`],
      ...(target !== undefined && { target }),
      ...(platform !== undefined && { platform: parsePlatform(platform) }),
      ...(noCache !== undefined && { noCache }),
      ...(filter !== undefined && { noCacheFilter: filter.split(',') }),
      ...(pull !== undefined && { pull }),
      ...(network !== undefined && { network }),
      ...(addHosts !== undefined && { addHosts }),
      ...(labels !== undefined && { labels }),
      ...(shmSize !== undefined && { shmSizeBytes: Number(shmSize) }),
      ...(ulimit !== undefined && { ulimits: [ulimit] }),
      ...(secrets.length > 0 && { secrets }),
      ...(contexts.length > 0 && { namedContexts: new Map(contexts) }),
      ...(cacheFrom !== undefined && { cacheFrom }),
      ...(cacheTo !== undefined && { cacheTo }),
    };
  }

  async #edit(edit: CaseEdit): Promise<void> {
    if (edit.op === 'dockerfile') this.#template = edit.text;
    else if (edit.op === 'replace') this.#replace(edit.old, edit.new);
    else if (edit.op === 'image') await this.#publish(edit.name, edit);
    else if (edit.op === 'serve') await this.#serve(edit);
    else if (edit.op === 'move_context') this.#moveTo = edit.to ?? 'ctx-moved';
    else if (edit.op === 'prune') this.isPruned = true;
    else this.#files.edit(edit);
  }

  #replace(from: string, to: string): void {
    if (!this.#template.includes(from)) throw new Error(`not in the Dockerfile: ${from}`);
    this.#template = this.#template.replaceAll(from, to);
  }

  async #publish(name: string, image: CaseImage): Promise<void> {
    const { world, root = emptyRoot } = this.#settings;
    await world.publish(this.fill(`@${name}@`), caseImage(name, image, this.salt, root));
  }

  async #serve({ path: page, content, headers = {} }: CasePage): Promise<void> {
    const filled = Object.entries(headers).map(([key, value]) => [key, this.fill(value)] as const);
    await this.#settings.world.serve(
      `/${this.salt}/${this.fill(page)}`,
      this.fill(content),
      Object.fromEntries(filled),
    );
  }

  /** Node's own copying rounds times, so that BuildKit would see other files. */
  #move(): void {
    if (this.#moveTo === undefined) return;
    const to = path.join(this.#settings.directory, this.#moveTo);
    mkdirSync(path.dirname(to), { recursive: true });
    execFileSync('cp', ['-a', this.#context, to]);
    this.#context = to;
    this.#moveTo = undefined;
  }

  #secret(id: string, content: string): string {
    const file = path.join(this.#settings.directory, `secret-${id}`);
    writeFileSync(file, content);
    return `id=${id},src=${file}`;
  }

  #writeDockerfile(): string {
    const { isDockerfileInContext, dockerfileName } = this.#case;
    const directory = isDockerfileInContext ? this.#context : path.join(this.#settings.directory, 'df');
    const file = path.join(directory, dockerfileName);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, this.text);
    return file;
  }
}
