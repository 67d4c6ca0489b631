using System.Globalization;

namespace Sam2.Torch.Media;

/// <summary>The pictures in a folder that are the frames of a video.</summary>
internal static class PictureFolder
{
    /// <summary>The files with a picture's ending, by number if every name is one (2 before 10), else by name; hidden files are left out.</summary>
    public static string[] Files(string folder)
    {
        string[] files =
        [
            .. Directory.EnumerateFiles(folder)
                .Where(f => ImageFile.Extensions.Contains(Path.GetExtension(f).ToLowerInvariant()) && Path.GetFileName(f)[0] != '.'),
        ];
        var numbers = new long[files.Length];
        for (int i = 0; i < files.Length; i++)
        {
            string stem = Path.GetFileNameWithoutExtension(files[i]);
            if (!long.TryParse(stem, NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                Array.Sort(files, StringComparer.Ordinal);
                return files;
            }
        }

        Array.Sort(numbers, files);
        return files;
    }
}
