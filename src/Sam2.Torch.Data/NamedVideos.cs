using System.Collections;

namespace Sam2.Torch.Data;

/// <summary>
/// Videos that are opened by name when they are asked for. Nothing is kept: a data set of fifty thousand videos costs no more memory than
/// its names.
/// </summary>
/// <param name="names">The videos' names.</param>
/// <param name="open">Opens a video; may be called from several threads at once.</param>
internal sealed class NamedVideos(IReadOnlyList<string> names, Func<string, IAnnotatedVideo> open) : IReadOnlyList<IAnnotatedVideo>
{
    public int Count => names.Count;

    public IAnnotatedVideo this[int index] => open(names[index]);

    public IEnumerator<IAnnotatedVideo> GetEnumerator() => names.Select(open).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The names that the options select.</summary>
    /// <param name="all">All names, in the data set's order.</param>
    /// <param name="options">Which are wanted.</param>
    /// <param name="list">The data set's own list, used if the options have none; null if there is none.</param>
    /// <param name="place">Where the names were found, for messages.</param>
    /// <exception cref="DatasetException">A wanted name isn't there, or none is left.</exception>
    public static IReadOnlyList<string> Choose(IReadOnlyCollection<string> all, DatasetOptions options, IReadOnlyList<string>? list, string place)
    {
        var wanted = options.Videos ?? list;
        if (wanted is not null)
        {
            var known = all.ToHashSet();
            if (wanted.FirstOrDefault(name => !known.Contains(name)) is { } missing)
            {
                throw new DatasetException($"{place} has no {missing}, which the list of videos names; take it off the list, or unpack the whole data set.");
            }
        }

        var excluded = options.ExcludedVideos.ToHashSet();
        List<string> names = [.. (wanted ?? all).Where(name => !excluded.Contains(name)).Take(options.MaxVideos ?? int.MaxValue)];
        return names.Count > 0 ? names : throw new DatasetException($"No video of {place} is left to use; look at the lists of videos and of excluded videos.");
    }
}
