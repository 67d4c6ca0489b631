using System.Collections;

namespace Sam2.Torch.Data;

/// <summary>Videos of another list, each changed when it is asked for.</summary>
internal sealed class MappedVideos(IReadOnlyList<IAnnotatedVideo> videos, Func<IAnnotatedVideo, IAnnotatedVideo> change) : IReadOnlyList<IAnnotatedVideo>
{
    public int Count => videos.Count;

    public IAnnotatedVideo this[int index] => change(videos[index]);

    public IEnumerator<IAnnotatedVideo> GetEnumerator() => videos.Select(change).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
