using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints.Layouts;

public class ShardedCheckpointTests : FolderTests
{
    private const string Index = "model.safetensors.index.json";
    private static readonly string Nano = RepositoryFiles.Golden("sam2.1_hiera_nano.pt");

    [Test]
    public void Shards_are_one_model()
    {
        var places = WriteNanoInShards(3);
        WriteIndex(places);
        using var expected = Checkpoint.Open(Nano);
        foreach (var path in new[] { Folder[Index], Folder.Path })
        {
            using var checkpoint = Checkpoint.Open(path);
            SameTensors.Assert(checkpoint, expected);
            Assert.That((checkpoint.Files.Count, checkpoint.Layout, checkpoint.Path), Is.EqualTo((3, CheckpointLayout.HuggingFace, Folder[Index])));
            Assert.That(checkpoint.FileLength, Is.EqualTo(Directory.GetFiles(Folder.Path, "*.safetensors").Sum(file => new FileInfo(file).Length)));
            checkpoint.Verify();
        }
        HuggingFaceConfig.Write(Folder[Index], ConfigInference.Infer(expected), imageOnly: false);
        using var model = ModelLoader.Load(Folder.Path);
        Assert.That(model.IsImageOnly, Is.False);
    }

    [TestCase("../model-1.safetensors")]
    [TestCase("/etc/passwd")]
    [TestCase("sub/model-1.safetensors")]
    [TestCase("..\\model-1.safetensors")]
    [TestCase("C:model-1.safetensors")]
    [TestCase("..")]
    [TestCase("")]
    [TestCase("model-1.safetensors\n")]
    public void A_shard_is_a_file_beside_the_index(string name)
    {
        var places = WriteNanoInShards(2);
        places[places.Keys.First()] = name;
        WriteIndex(places);
        AssertRefused("shard of", Index);
    }

    [Test]
    public void Index_and_shards_must_agree()
    {
        var places = WriteNanoInShards(2);
        var (first, last) = (places.Keys.First(), places.Keys.Last());
        WriteIndex(places.Append(new("not.there", "model-1.safetensors")));
        AssertRefused("'not.there'", Index);
        WriteIndex(places.Where(place => place.Key != first));
        AssertRefused($"'{first}'", "not at all");
        WriteIndex(places.Select(place => new KeyValuePair<string, string>(place.Key, place.Key == last ? "model-1.safetensors" : place.Value)));
        AssertRefused($"'{last}'", "in model-1.safetensors");
        WriteIndex(places.Append(new("another", "model-9.safetensors")));
        AssertRefused("model-9.safetensors", "does not exist");
    }

    [TestCase("""{"weight_map": {}}""", "weight_map")]
    [TestCase("""{"weight_map": ["a"]}""", "weight_map")]
    [TestCase("""{"weight_map": {"a": 1}}""", "no text")]
    [TestCase("""{"weight_map": {"a": "b.safetensors", "a": "c.safetensors"}}""", "twice")]
    [TestCase("""{"weight_map": {"a": "model.bin"}}""", "not a safetensors file")]
    [TestCase("", "JSON")]
    public void A_damaged_index_is_refused(string json, string named)
    {
        CheckpointWriter.Save(Folder["model.bin"], new Dictionary<string, Tensor>());
        File.WriteAllText(Folder[Index], json);
        AssertRefused(named, Folder.Path);
    }

    [Test]
    public void An_index_names_at_most_1024_shards()
    {
        WriteIndex(Enumerable.Range(0, 1025).Select(i => new KeyValuePair<string, string>($"x{i}", $"s{i}.safetensors")));
        AssertRefused("1025 shards", Index);
    }

    [Test]
    public void A_damaged_shard_is_named_and_all_files_are_closed()
    {
        WriteIndex(WriteNanoInShards(2));
        using (var shard = File.Open(Folder["model-2.safetensors"], FileMode.Open))
            shard.SetLength(shard.Length - 1);
        AssertRefused("model-2.safetensors", "outside the file");
        // On systems that lock open files this would fail.
        Assert.That(() => { using var exclusive = File.Open(Folder["model-1.safetensors"], FileMode.Open, FileAccess.ReadWrite, FileShare.None); }, Throws.Nothing);
    }

    private void AssertRefused(string named, string alsoNamed) => Assert.That(() => Checkpoint.Open(Folder[Index]),
        Throws.TypeOf<CheckpointException>().With.Message.Contains(named).And.Message.Contains(alsoNamed));

    private Dictionary<string, string> WriteNanoInShards(int count)
    {
        using var scope = NewDisposeScope();
        using var nano = Checkpoint.Open(Nano);
        CheckpointWriter.Save(Folder["whole.safetensors"], nano, layout: CheckpointLayout.HuggingFace);
        var places = new Dictionary<string, string>();
        using (var whole = Checkpoint.OpenAnyNames(Folder["whole.safetensors"]))
            foreach (var (part, number) in whole.StateDict.Chunk(whole.StateDict.Count / count + 1).Select((part, i) => (part, i + 1)))
            {
                CheckpointWriter.Save(Folder[$"model-{number}.safetensors"], part.ToDictionary(t => t.Key, t => t.Value.Load()));
                foreach (var (key, _) in part)
                    places.Add(key, $"model-{number}.safetensors");
            }
        File.Delete(Folder["whole.safetensors"]);
        return places;
    }

    private void WriteIndex(IEnumerable<KeyValuePair<string, string>> places) =>
        File.WriteAllText(Folder[Index], JsonSerializer.Serialize(new { metadata = new { total_size = 1 }, weight_map = new Dictionary<string, string>(places) }));
}
