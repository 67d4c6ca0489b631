using Sam2.Torch.Media;

namespace Sam2.Cli.Commands;

/// <summary>Reads a folder's pictures in order, the next one while the last one is worked on. Errors come with the picture that they concern.</summary>
/// <param name="names">Names of the pictures.</param>
/// <param name="read">Reads one by its name, on another thread.</param>
internal sealed class PicturesAhead(IReadOnlyList<string> names, Func<string, RgbImage> read) : IDisposable
{
    private (int Index, Task<RgbImage> Image)? _next;

    /// <summary>Reads a picture, and begins with the one after it.</summary>
    /// <exception cref="MediaException">It can't be read.</exception>
    public RgbImage Read(int index)
    {
        var current = _next is { } next && next.Index == index ? next.Image : Begin(index);
        _next = index + 1 < names.Count ? (index + 1, Begin(index + 1)) : null;
        return current.GetAwaiter().GetResult();
    }

    /// <summary>Waits for what is being decoded and drops it; whether that fails no longer matters.</summary>
    public void Dispose() => _next?.Image.ContinueWith(task => task.Exception, TaskScheduler.Default).GetAwaiter().GetResult();

    private Task<RgbImage> Begin(int index) => Task.Run(() => read(names[index]));
}
