import { startMoto, type Moto as Server } from "../../infra/sandbox/moto";
import { judge } from "./judges";

/** moto's server, for this process's AWS SDK. */
export class Moto {
  private readonly environment = { ...process.env };

  private constructor(private readonly server: Server) {}

  /** Starts it, and points this process's AWS SDK at it. */
  static async start(): Promise<Moto> {
    const server = await startMoto(judge("moto_server"));
    const moto = new Moto(server);
    Object.assign(process.env, server.environment);
    return moto;
  }

  get url(): string {
    return this.server.url;
  }

  async stop(): Promise<void> {
    process.env = this.environment;
    await this.server.stop();
  }
}
