using System.Globalization;
using System.Text;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>Writes what <c>torch.save({"model": state_dict, ...})</c> writes: a pickle and one aligned entry per storage.</summary>
internal static class TorchZipWriter
{
    private const string Archive = "archive/";

    public static void Write(Stream stream, IReadOnlyDictionary<string, TensorToWrite> stateDict, PlainDictionary entries, StorageCollector storages, bool alwaysZip64 = false)
    {
        var pickle = new PickleWriter(storages);
        var zip = new ZipWriter(stream, alwaysZip64);
        zip.Add(Archive + "data.pkl", pickle.Write(stateDict, entries));
        zip.Add(Archive + "byteorder", "little"u8.ToArray());
        for (var i = 0; i < pickle.Storages.Count; i++)
            zip.Add($"{Archive}data/{i.ToString(CultureInfo.InvariantCulture)}", pickle.Storages[i].Length, pickle.Storages[i].Write);
        zip.Add(Archive + "version", Encoding.ASCII.GetBytes("3\n"));
        zip.Finish();
    }
}
