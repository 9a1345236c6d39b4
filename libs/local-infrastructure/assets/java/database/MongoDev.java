// SPDX-License-Identifier: Apache-2.0
import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.io.File;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.MVStoreTool;

/** A MongoDB-wire stand-in for development. Arguments: port, then a file to keep the data in or the word memory. */
public class MongoDev {
  private static final long COMPACT_ABOVE_BYTES = 64L << 20;
  /**
   * Megabytes of pages kept in memory. Sweeps read whole collections here, every second: once these outgrow the 16 MB
   * that are the default, each page is read and decoded again at each sweep, which takes a third of a core at 4,000 runs.
   */
  private static final int PAGE_CACHE_MB = 96;

  /**
   * H2 storage that loses nothing acknowledged when the process is killed: a write is committed before its reply leaves,
   * and one at a time, so that no commit ever contains half a command.
   */
  static final class DurableH2 extends H2Backend {
    private static final Set<String> WRITES = Set.of("insert", "update", "delete", "findAndModify", "findandmodify",
        "create", "drop", "dropDatabase", "createIndexes", "dropIndexes", "renameCollection");
    private final MVStore store;
    private final ReentrantLock oneWriter = new ReentrantLock();

    DurableH2(MVStore store) {
      super(store);
      this.store = store;
      // Space of superseded chunks is used again at once: without this the file grows by some 35 KB a write.
      store.setRetentionTime(0);
    }

    @Override
    public Document handleMessage(MongoMessage message) {
      String command = message.getDocument().keySet().iterator().next();
      if (!WRITES.contains(command)) return super.handleMessage(message);
      oneWriter.lock();
      try {
        Document reply = super.handleMessage(message);
        store.commit();
        return reply;
      } catch (MVStoreException failure) {
        // A full disk, most likely. The store cannot be used any more: end, so that the launcher sees it and says why.
        failure.printStackTrace();
        Runtime.getRuntime().halt(1);
        throw failure;
      } finally {
        oneWriter.unlock();
      }
    }
  }

  /** What drivers are told: MongoDB 7.0. */
  private static final class Announced implements MongoVersion {
    @Override
    public List<Integer> getVersionArray() {
      return List.of(7, 0, 0);
    }

    @Override
    public int getWireVersion() {
      return 21;
    }
  }

  private static MongoBackend open(String storage) {
    if (storage.equals("memory")) return new MemoryBackend();
    // A file never shrinks while it is open, so that is done here, where nobody waits.
    MVStoreTool.compactCleanUp(storage);
    if (new File(storage).length() > COMPACT_ABOVE_BYTES) MVStoreTool.compact(storage, false);
    return new DurableH2(new MVStore.Builder().fileName(storage).cacheSize(PAGE_CACHE_MB).autoCommitDisabled().open());
  }

  public static void main(String[] arguments) {
    try {
      MongoBackend backend = open(arguments[1]);
      backend.version(new Announced());
      MongoServer server = new MongoServer(backend);
      server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
      Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
      System.out.println("READY " + arguments[0]);
    } catch (Throwable failure) {
      // Its worker threads would keep a server alive that listens to nobody.
      failure.printStackTrace();
      System.exit(1);
    }
  }
}
