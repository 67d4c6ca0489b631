using Sam2.Torch.Data.Annotation;

namespace Sam2.Torch.Data;

/// <summary>Reads annotation files for data sets.</summary>
internal static class Annotations
{
    /// <summary>Reads one, and says what is wrong with it in the data sets' kind of exception.</summary>
    /// <exception cref="DatasetException">It is missing or damaged; the message names it.</exception>
    public static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (AnnotationException e)
        {
            throw new DatasetException($"{e.Message} Unpack the data set again, or take it off the list.", e);
        }
    }

    /// <summary>Files by pattern in a folder and those in it, a few levels deep, sorted; data sets come in parts.</summary>
    public static IEnumerable<string> Find(string root, string pattern) => Directory.EnumerateFiles(
        root, pattern, new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3, IgnoreInaccessible = true }).Order(StringComparer.Ordinal);
}
