package io.patchbay.camel;

/** Routes that are built and warm, and take something in only between resume and pause. */
public interface StagedRoutes extends RunningRoutes {
  /**
   * Lets the routes take in.
   *
   * @throws Exception when a route does not start; all of them are paused then
   */
  void resume() throws Exception;

  /** Stops taking in and lets what is in flight finish (10 s at most). */
  void pause() throws Exception;
}
