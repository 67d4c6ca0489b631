using System.Text;
using Sam2.Torch.Data;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>Writes the files of a report completely or not at all.</summary>
internal static class ReportFile
{
    /// <exception cref="DatasetException">The file can't be written.</exception>
    public static void Write(string path, Action<Stream> write) => AtomicFile.Write(
        path, write, e => new DatasetException($"{path} can't be written: {e.Message}", e));

    /// <exception cref="DatasetException">The file can't be written.</exception>
    public static void Write(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
