using System.CommandLine;
using Sam2.Torch.Media;
using Sam2.Torch.Runtime;
using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary>
/// Works on a folder's pictures, several at a time, and hands on the results in the pictures' order. Some pictures are begun ahead, so that no core waits while results are
/// written.
/// </summary>
/// <typeparam name="T">The result of a picture.</typeparam>
internal sealed class PicturesAtOnce<T> : IDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);

    private readonly IReadOnlyList<string> _names;
    private readonly Func<string, RgbImage> _read;
    private readonly Func<int, RgbImage, CancellationToken, T> _work;
    private readonly ComputeThreads _threads;
    private readonly CancellationTokenSource _stop;
    private readonly Queue<Task<T>> _begun = [];
    private int _next;

    /// <summary>Begins with the first pictures.</summary>
    /// <param name="names">Names of the pictures.</param>
    /// <param name="atOnce">How many are worked on at a time.</param>
    /// <param name="read">Reads one by its name, on any thread.</param>
    /// <param name="work">Works on the picture with an index, on any thread.</param>
    /// <param name="cancellation">Stops the work.</param>
    public PicturesAtOnce(
        IReadOnlyList<string> names, int atOnce, Func<string, RgbImage> read, Func<int, RgbImage, CancellationToken, T> work, CancellationToken cancellation)
    {
        (_names, _read, _work) = (names, read, work);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _threads = new ComputeThreads(Math.Clamp(names.Count, 1, atOnce));
        while (_begun.Count < 2 * _threads.Count && _next < _names.Count) Begin();
    }

    /// <summary>Waits for the next picture's result.</summary>
    /// <param name="whileWaiting">Is called now and then, on this thread.</param>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    /// <exception cref="Exception">What was thrown where the picture was read or worked on; the next call goes on with the next picture.</exception>
    public T Next(Action whileWaiting)
    {
        _stop.Token.ThrowIfCancellationRequested();
        var task = _begun.Dequeue();
        while (!((IAsyncResult)task).AsyncWaitHandle.WaitOne(Glance)) whileWaiting();
        if (_next < _names.Count) Begin();
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Stops what is still worked on and waits for it; whether that fails no longer matters.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _threads.Dispose();
        foreach (var task in _begun) _ = task.Exception;
        _stop.Dispose();
    }

    private void Begin()
    {
        var (index, stop) = (_next++, _stop.Token);
        // Decoding needs no libtorch, so it doesn't wait for one of its threads.
        var reading = Task.Run(() => _read(_names[index]));
        _begun.Enqueue(_threads.Start(() =>
        {
            var image = reading.GetAwaiter().GetResult();
            stop.ThrowIfCancellationRequested();
            return _work(index, image, stop);
        }));
    }
}

/// <summary><c>--at-once</c>: how many unrelated pictures are worked on at a time.</summary>
internal static class AtOnceOption
{
    // What SAM 2.1 large takes for everything in a picture, and some more.
    private const long BytesPerPicture = 4L << 30;

    private const int MostUnasked = 4;

    /// <summary>Makes the option.</summary>
    public static Option<int?> Create(string condition) => new Option<int?>("--at-once")
    {
        Description = $"{condition}How many pictures are worked on at a time, each with its share of the threads. If not given, on a CPU one per thread, but no more than {MostUnasked} and one per {BytesPerPicture >> 30} GB of memory.",
        HelpName = "N",
    }.AtLeast(1).AtMost(64);

    /// <summary>How many, once the model is loaded, which sets the number of threads.</summary>
    /// <param name="given">What the user said, or null.</param>
    /// <param name="device">Where the model computes: elsewhere than on a CPU, pictures would only wait for each other.</param>
    public static int Resolve(int? given, torch.Device device) => given
        ?? (device.type != DeviceType.CPU ? 1
            : (int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesPerPicture, 1, Math.Min(torch.get_num_threads(), MostUnasked)));
}
