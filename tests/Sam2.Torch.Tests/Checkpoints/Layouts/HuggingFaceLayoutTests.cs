using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints.Layouts;

public class HuggingFaceLayoutTests : FolderTests
{
    private static readonly string Nano = RepositoryFiles.Golden("sam2.1_hiera_nano.pt");

    private static IEnumerable<string> Models => HuggingFaceKeyList.Models;

    [TestCaseSource(nameof(Models))]
    public void Every_tensor_of_transformers_is_one_of_the_original(string model)
    {
        using var checkpoint = SyntheticStateDict.Open(HuggingFaceKeyList.Of(model));
        Assert.That(checkpoint.Layout, Is.EqualTo(CheckpointLayout.HuggingFace));
        Assert.That(Lines(SyntheticStateDict.Of(checkpoint)), Is.EquivalentTo(Lines(SyntheticStateDict.Published(model))));
        Assert.That(ConfigInference.PublishedName(checkpoint), Is.EqualTo(model));
    }

    [TestCaseSource(nameof(Models))]
    public void Every_tensor_of_the_original_is_written_under_the_name_of_transformers(string model)
    {
        using var scope = NewDisposeScope();
        using var original = SyntheticStateDict.Open(SyntheticStateDict.Published(model));
        var names = LayoutWriter.Names("out", original.StateDict.Keys, CheckpointLayout.HuggingFace);
        var items = LayoutWriter.Items("out", names, name => original.StateDict[name].Shape, name => DenseStorage.Of(original.StateDict[name], null));
        Assert.That(Lines(items.Select(item => (item.Name, item.Shape.ToArray()))), Is.EquivalentTo(Lines(HuggingFaceKeyList.Of(model))));
        Assert.That(items.Select(item => item.Data.Count), Is.EqualTo(items.Select(item => item.Shape.Aggregate(1L, (product, size) => product * size))));
    }

    [TestCase("model.safetensors", null)]
    [TestCase("model.safetensors", ScalarType.BFloat16)]
    [TestCase("pytorch_model.bin", null)]
    public void There_and_back_changes_no_byte(string name, ScalarType? type)
    {
        var typed = Folder["typed.pt"];
        using (var nano = Checkpoint.Open(Nano))
            CheckpointWriter.Save(typed, nano, floatType: type);
        using var original = Checkpoint.Open(typed);
        CheckpointWriter.Save(Folder[name], original, layout: CheckpointLayout.HuggingFace);
        using (var there = Checkpoint.Open(Folder[name]))
        {
            Assert.That(there.Layout, Is.EqualTo(CheckpointLayout.HuggingFace));
            SameTensors.Assert(there, original);
            CheckpointWriter.Save(Folder["back.pt"], there);
            CheckpointWriter.Save(Folder["again.safetensors"], there, layout: CheckpointLayout.HuggingFace);
        }
        using var back = Checkpoint.Open(Folder["back.pt"]);
        Assert.That(back.Layout, Is.EqualTo(CheckpointLayout.Original));
        SameTensors.Assert(back, original);
        using var again = Checkpoint.OpenAnyNames(Folder["again.safetensors"]);
        using var first = Checkpoint.OpenAnyNames(Folder[name]);
        SameTensors.Assert(again, first);
    }

    [Test]
    public void Point_embeddings_become_one_matrix_and_frequencies_get_both_names()
    {
        using var original = Checkpoint.Open(Nano);
        CheckpointWriter.Save(Folder["model.safetensors"], original, layout: CheckpointLayout.HuggingFace);
        using var theirs = Checkpoint.OpenAnyNames(Folder["model.safetensors"]);
        using var scope = NewDisposeScope();
        var rows = Enumerable.Range(0, 4).Select(row => original.StateDict[$"sam_prompt_encoder.point_embeddings.{row}.weight"].Load()).ToArray();
        Assert.That(theirs.StateDict["prompt_encoder.point_embed.weight"].Load().Equals(cat(rows)), Is.True);
        var frequencies = original.StateDict["sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"].Load();
        foreach (var name in new[] { "shared_image_embedding.positional_embedding", "prompt_encoder.shared_embedding.positional_embedding" })
            Assert.That(theirs.StateDict[name].Load().Equals(frequencies), Is.True, name);
    }

    [TestCase("shared_image_embedding.positional_embedding")]
    [TestCase("prompt_encoder.shared_embedding.positional_embedding")]
    public void Either_name_of_the_tied_frequencies_is_enough(string left)
    {
        var model = Models.First();
        using var checkpoint = SyntheticStateDict.Open(HuggingFaceKeyList.Of(model).Where(tensor => tensor.Key != left));
        Assert.That(Lines(SyntheticStateDict.Of(checkpoint)), Is.EquivalentTo(Lines(SyntheticStateDict.Published(model))));
    }

    [Test]
    public void A_folder_loads_with_the_settings_of_its_config_and_predicts_the_same()
    {
        using var original = Checkpoint.Open(Nano);
        var config = ConfigInference.Infer(original);
        CheckpointWriter.Save(Folder["model.safetensors"], original, PlainDictionary.Empty, layout: CheckpointLayout.HuggingFace);
        HuggingFaceConfig.Write(Folder["model.safetensors"], config, imageOnly: false);
        using var checkpoint = Checkpoint.Open(Folder.Path);
        var read = ConfigInference.Infer(checkpoint);
        Assert.That(ConfigTree.Differences(read, config).Select(difference => difference.Path), Is.Empty);

        using var theirs = ModelLoader.Load(Folder.Path);
        using var ours = ModelLoader.Load(Nano);
        AssertSameEmbedding(theirs, ours);
    }

    [Test]
    public void The_part_for_images_segments_and_does_not_track()
    {
        using var original = Checkpoint.Open(Nano);
        using (NewDisposeScope())
            CheckpointWriter.Save(
                Folder["model.safetensors"],
                original.StateDict.Where(t => !NamedTensors.VideoPrefixes.Any(prefix => t.Key.StartsWith(prefix, StringComparison.Ordinal))).ToDictionary(t => t.Key, t => t.Value.Load()),
                layout: CheckpointLayout.HuggingFace);
        HuggingFaceConfig.Write(Folder["model.safetensors"], ConfigInference.Infer(original), imageOnly: true);
        using var image = ModelLoader.Load(Folder.Path);
        using var whole = ModelLoader.Load(Nano);
        Assert.That(image.IsImageOnly, Is.True);
        Assert.That(whole.IsImageOnly, Is.False);
        AssertSameEmbedding(image, whole);
        Assert.That(() => VideoSession.Live(image), Throws.ArgumentException.With.Message.Contains("images only"));
    }

    [Test]
    public void A_config_of_another_model_is_not_touched()
    {
        File.WriteAllText(Folder["config.json"], """{"model_type": "bert"}""");
        Assert.That(() => HuggingFaceConfig.Write(Folder["model.safetensors"], Sam2Presets.Tiny, imageOnly: false),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("another model"));
        Assert.That(File.ReadAllText(Folder["config.json"]), Does.Contain("bert"));
    }

    [TestCase("""{"model_type":"sam2_video","image_size":0}""", "image_size")]
    [TestCase("""{"model_type":"sam2_video","image_size":[512,1024]}""", "image_size")]
    [TestCase("""{"model_type":"sam2_video","vision_config":[]}""", "vision_config")]
    [TestCase("""{"model_type":"sam2_video","vision_config":{"backbone_config":{"num_attention_heads_per_stage":[]}}}""", "num_attention_heads_per_stage")]
    [TestCase("""{"model_type":"sam2_video","vision_config":{"backbone_config":{"window_size_per_stage":[8,4,1e99,7]}}}""", "window_size_per_stage")]
    [TestCase("""{"model_type":"sam2_video","sigmoid_scale_for_mem_enc":"20"}""", "sigmoid_scale_for_mem_enc")]
    [TestCase("""{"model_type":"sam2_video","multimask_output_in_sam":1}""", "multimask_output_in_sam")]
    [TestCase("""{"model_type":"sam2_video","model_type":"sam2_video"}""", "twice")]
    [TestCase("""{"model_type":"sam2_video","a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":{"j":{"k":{"l":{"m":{"n":{"o":{"p":{"q":1}}}}}}}}}}}}}}}}}""", "levels")]
    [TestCase("""{"model_type":""", "JSON")]
    [TestCase("""[1]""", "object")]
    public void A_damaged_or_impossible_config_is_refused_by_name(string json, string named)
    {
        using (SyntheticStateDict.Open(HuggingFaceKeyList.Of("sam2.1_hiera_t"), path: Folder["model.pt"]))
            File.WriteAllText(Folder["config.json"], json);
        using var checkpoint = Checkpoint.Open(Folder["model.pt"]);
        Assert.That(() => ConfigInference.Infer(checkpoint), Throws.TypeOf<CheckpointException>().With.Message.Contains(named).And.Message.Contains("config.json"));
    }

    [Test]
    public void A_config_of_more_than_four_megabytes_is_not_read()
    {
        using (SyntheticStateDict.Open(HuggingFaceKeyList.Of("sam2.1_hiera_t"), path: Folder["model.pt"]))
            File.WriteAllText(Folder["config.json"], "{\"model_type\":\"sam2\",\"x\":\"" + new string('x', CheckpointJson.MaxBytes) + "\"}");
        using var checkpoint = Checkpoint.Open(Folder["model.pt"]);
        Assert.That(() => ConfigInference.Infer(checkpoint), Throws.TypeOf<CheckpointException>().With.Message.Contains("bytes"));
    }

    [Test]
    public void Surplus_names_of_transformers_are_named_as_they_are()
    {
        using var checkpoint = SyntheticStateDict.Open(HuggingFaceKeyList.Of("sam2.1_hiera_t").Append(("vision_encoder.backbone.blocks.0.lora.weight", [3L])));
        Assert.That(checkpoint.StateDict.Keys, Does.Contain("vision_encoder.backbone.blocks.0.lora.weight"));
    }

    [Test]
    public void A_part_without_a_name_in_transformers_is_refused_before_anything_is_written()
    {
        using var scope = NewDisposeScope();
        Assert.That(() => CheckpointWriter.Save(Folder["x.safetensors"], new Dictionary<string, Tensor> { ["memory_gru.gates.weight"] = zeros(2) }, layout: CheckpointLayout.HuggingFace),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("memory_gru.gates.weight"));
        Assert.That(Folder.Files, Is.Empty);
    }

    private static void AssertSameEmbedding(Sam2Model actual, Sam2Model expected)
    {
        using var scope = NewDisposeScope();
        using var mode = inference_mode();
        var pixels = Pattern(expected.Config.ImageSize);
        Assert.That(actual.EncodeImage(pixels).Embedding.Equals(expected.EncodeImage(pixels).Embedding), Is.True);
    }

    private static Tensor Pattern(int size) => linspace(-2, 2, 3 * size * size).reshape(1, 3, size, size).clone();

    private static IEnumerable<string> Lines(IEnumerable<(string Key, long[] Shape)> tensors) => tensors.Select(t => $"{t.Key} [{string.Join(", ", t.Shape)}]");
}
