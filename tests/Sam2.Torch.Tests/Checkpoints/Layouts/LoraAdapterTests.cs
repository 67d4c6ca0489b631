using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints.Layouts;

public class LoraAdapterTests : FolderTests
{
    private const string Qkv = "image_encoder.trunk.blocks.0.attn.qkv", Out = "sam_mask_decoder.transformer.layers.0.self_attn.out_proj", Conv = "image_encoder.neck.convs.0.conv";
    private static readonly string Nano = RepositoryFiles.Golden("sam2.1_hiera_nano.pt");

    private TorchSharp.DisposeScope _scope = null!;
    private Dictionary<string, Tensor> _weights = null!;

    [SetUp]
    public void LoadWeights()
    {
        _scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(Nano);
        _weights = checkpoint.StateDict.ToDictionary(t => t.Key, t => t.Value.Load());
    }

    [TearDown]
    public void DisposeWeights() => _scope.Dispose();

    [TestCase("""{"peft_type":"LORA","r":4,"lora_alpha":6}""", 6.0 / 4)]
    [TestCase("""{"peft_type":"LORA","r":4,"lora_alpha":6,"use_rslora":true}""", 6.0 / 2)]
    [TestCase("""{"peft_type":"LORA","r":8,"rank_pattern":{"attn.qkv":4}}""", 8.0 / 4)]
    [TestCase("""{"peft_type":"LORA","r":4,"lora_alpha":6,"alpha_pattern":{"no":1,"blocks\\.\\d+\\.attn\\.qkv":16}}""", 16.0 / 4)]
    public void The_scaling_is_that_of_the_configuration(string config, double scaling)
    {
        var (a, b) = (Random(4, _weights[Qkv + ".weight"].shape[1]), Random(_weights[Qkv + ".weight"].shape[0], 4));
        var expected = _weights[Qkv + ".weight"] + b.matmul(a) * scaling;
        Merge(config, (Qkv + ".lora_A.weight", a), (Qkv + ".lora_B.weight", b));
        Assert.That((_weights[Qkv + ".weight"] - expected).abs().max().item<float>(), Is.LessThan(1e-6f));
    }

    [TestCase("base_model.model.{0}.lora_{1}.weight")]
    [TestCase("base_model.model.{0}.lora_{1}.default.weight")]
    [TestCase("base_model.model.segmenter.sam2.{0}.lora_{1}.weight")]
    [TestCase("{0}.lora_{1}.weight")]
    public void Names_are_found_with_prefixes_and_adapter_names(string pattern) => AssertProductAdded(
        Qkv, (Named(pattern, "A"), Named(pattern, "B")));

    [TestCase(Qkv, "vision_encoder.backbone.blocks.0.attn.qkv")]
    [TestCase(Out, "mask_decoder.transformer.layers.0.self_attn.o_proj")]
    [TestCase("memory_attention.layers.0.cross_attn_image.k_proj", "memory_attention.layers.0.cross_attn_image.k_proj")]
    [TestCase("sam_mask_decoder.iou_prediction_head.layers.2", "mask_decoder.iou_prediction_head.proj_out")]
    public void Adapters_of_transformers_fit_the_original(string original, string theirs) => AssertProductAdded(
        original, ($"base_model.model.{theirs}.lora_A.weight", $"base_model.model.{theirs}.lora_B.weight"));

    [Test]
    public void Transposed_weights_get_the_transposed_product()
    {
        var weight = _weights[Qkv + ".weight"];
        // As if the layer stored [in, out].
        var (a, b) = (Random(4, weight.shape[0]), Random(weight.shape[1], 4));
        var expected = weight + b.matmul(a).t();
        Merge("""{"peft_type":"LORA","r":4,"lora_alpha":4,"fan_in_fan_out":true}""", (Qkv + ".lora_A.weight", a), (Qkv + ".lora_B.weight", b));
        Assert.That((_weights[Qkv + ".weight"] - expected).abs().max().item<float>(), Is.LessThan(1e-6f));
    }

    [TestCase(Conv)]
    [TestCase("image_encoder.trunk.patch_embed.proj")]
    [TestCase("memory_encoder.mask_downsampler.encoder.3")]
    public void Adapters_of_convolutions_are_two_convolutions_in_a_row(string module)
    {
        var weight = _weights[module + ".weight"];
        var (a, b) = (Random(3, weight.shape[1], weight.shape[2], weight.shape[3]), Random(weight.shape[0], 3, 1, 1));
        var input = Random(1, weight.shape[1], 9, 9);
        var expected = nn.functional.conv2d(input, weight) + nn.functional.conv2d(nn.functional.conv2d(input, a), b) * 2;
        Merge("""{"peft_type":"LORA","r":3,"lora_alpha":6}""", (module + ".lora_A.weight", a), (module + ".lora_B.weight", b));
        Assert.That((nn.functional.conv2d(input, _weights[module + ".weight"]) - expected).abs().max().item<float>(), Is.LessThan(1e-4f));
    }

    [Test]
    public void Adapters_of_the_joined_point_embeddings_go_to_their_rows()
    {
        var before = cat(Enumerable.Range(0, 4).Select(i => _weights[HuggingFaceKeys.PointEmbedding(i)]).ToArray());
        var (a, b) = (Random(2, 4), Random(before.shape[1], 2));
        Merge("""{"peft_type":"LORA","r":2,"lora_alpha":2}""",
            ("base_model.model.prompt_encoder.point_embed.lora_embedding_A", a), ("base_model.model.prompt_encoder.point_embed.lora_embedding_B", b));
        var after = cat(Enumerable.Range(0, 4).Select(i => _weights[HuggingFaceKeys.PointEmbedding(i)]).ToArray());
        Assert.That((after - before - b.matmul(a).t()).abs().max().item<float>(), Is.LessThan(1e-6f));
    }

    [Test]
    public void What_was_trained_whole_replaces_what_was_there()
    {
        var bias = Random(_weights[Qkv + ".bias"].shape);
        var token = Random(_weights["sam_mask_decoder.iou_token.weight"].shape);
        var (a, b, lowRankBias) = (Random(1, _weights[Out + ".weight"].shape[1]), Random(_weights[Out + ".weight"].shape[0], 1), Random(_weights[Out + ".bias"].shape));
        var expected = _weights[Out + ".bias"] + lowRankBias * 3;
        Merge("""{"peft_type":"LORA","r":1,"lora_alpha":3,"bias":"lora_only","lora_bias":true}""",
            ($"base_model.model.{Qkv}.base_layer.bias", bias), ("base_model.model.mask_decoder.iou_token.modules_to_save.default.weight", token),
            (Out + ".lora_A.weight", a), (Out + ".lora_B.weight", b), (Out + ".lora_B.bias", lowRankBias));
        Assert.That(_weights[Qkv + ".bias"].Equals(bias), Is.True);
        Assert.That(_weights["sam_mask_decoder.iou_token.weight"].Equals(token), Is.True);
        Assert.That((_weights[Out + ".bias"] - expected).abs().max().item<float>(), Is.LessThan(1e-6f));
    }

    [Test]
    public void Half_precision_is_rounded_once()
    {
        _weights[Qkv + ".weight"] = _weights[Qkv + ".weight"].to_type(ScalarType.BFloat16);
        var (a, b) = (Random(2, _weights[Qkv + ".weight"].shape[1]).to_type(ScalarType.Float16), Random(_weights[Qkv + ".weight"].shape[0], 2).to_type(ScalarType.Float16));
        var expected = (_weights[Qkv + ".weight"].to_type(ScalarType.Float32) + b.to_type(ScalarType.Float32).matmul(a.to_type(ScalarType.Float32))).to_type(ScalarType.BFloat16);
        Merge("""{"peft_type":"LORA","r":2,"lora_alpha":2}""", (Qkv + ".lora_A.weight", a), (Qkv + ".lora_B.weight", b));
        Assert.That(_weights[Qkv + ".weight"].Equals(expected), Is.True);
    }

    [Test]
    public void A_loaded_model_has_the_merged_weights()
    {
        var (a, b) = (Random(2, _weights[Qkv + ".weight"].shape[1]), Random(_weights[Qkv + ".weight"].shape[0], 2));
        const string Config = """{"peft_type":"LORA","r":2,"lora_alpha":2}""";
        Merge(Config, (Qkv + ".lora_A.weight", a), (Qkv + ".lora_B.weight", b));
        using var model = ModelLoader.Load(Nano, lora: Folder.Path);
        foreach (var (key, value) in model.state_dict())
            Assert.That(value.Equals(_weights[key]), Is.True, key);
    }

    [TestCase("image_encoder.trunk.blocks.99.attn.qkv", "blocks.99")]
    [TestCase("language_model.layers.0.q_proj", "language_model")]
    public void Modules_that_the_model_lacks_are_named(string module, string named) => AssertRefused("""{"peft_type":"LORA","r":2}""", named,
        ($"base_model.model.{module}.lora_A.weight", Random(2, 32)), ($"base_model.model.{module}.lora_B.weight", Random(96, 2)),
        (Qkv + ".lora_A.weight", Random(2, _weights[Qkv + ".weight"].shape[1])), (Qkv + ".lora_B.weight", Random(_weights[Qkv + ".weight"].shape[0], 2)));

    [TestCase("""{"peft_type":"IA3"}""", "peft_type")]
    [TestCase("""{"peft_type":"LORA","r":2,"use_dora":true}""", "DoRA")]
    [TestCase("""{"peft_type":"LORA","r":3}""", "rank 2")]
    [TestCase("""{"peft_type":"LORA","r":0}""", "r 0")]
    [TestCase("""{"peft_type":"LORA","r":2,"lora_alpha":"8"}""", "lora_alpha")]
    [TestCase("""{"peft_type":"LORA","r":2,"rank_pattern":[1]}""", "rank_pattern")]
    [TestCase("""{"peft_type":"LORA","r":2,"alpha_pattern":{"a(":1}}""", "alpha_pattern")]
    [TestCase("""{"peft_type":"LORA","r":2,"alpha_pattern":{"(a)\\1":1}}""", "alpha_pattern")]
    [TestCase("""{"peft_type":"LORA","r":2,"alpha_pattern":{"a":0}}""", "alpha_pattern")]
    [TestCase("""{"peft_type":"LORA","r":2,"target_parameters":["x"]}""", "target_parameters")]
    [TestCase("""{"peft_type":""", "JSON")]
    public void A_configuration_that_is_not_of_plain_LoRA_is_refused(string config, string named) => AssertRefused(config, named,
        (Qkv + ".lora_A.weight", Random(2, _weights[Qkv + ".weight"].shape[1])), (Qkv + ".lora_B.weight", Random(_weights[Qkv + ".weight"].shape[0], 2)));

    [Test]
    public void Matrices_that_do_not_fit_are_refused()
    {
        const string Config = """{"peft_type":"LORA","r":2}""";
        var (outputs, inputs) = (_weights[Qkv + ".weight"].shape[0], _weights[Qkv + ".weight"].shape[1]);
        AssertRefused(Config, "shape", (Qkv + ".lora_A.weight", Random(2, inputs + 1)), (Qkv + ".lora_B.weight", Random(outputs, 2)));
        AssertRefused(Config, "shape", (Qkv + ".lora_A.weight", Random(2, inputs)), (Qkv + ".lora_B.weight", Random(outputs, 3)));
        AssertRefused(Config, "adapt", (Qkv + ".lora_A.weight", Random(2, inputs, 1)), (Qkv + ".lora_B.weight", Random(outputs, 2)));
        AssertRefused(Config, "only one", (Qkv + ".lora_A.weight", Random(2, inputs)));
        AssertRefused(Config, "several adapters",
            (Qkv + ".lora_A.one.weight", Random(2, inputs)), (Qkv + ".lora_A.two.weight", Random(2, inputs)), (Qkv + ".lora_B.one.weight", Random(outputs, 2)));
        AssertRefused(Config, "no part of plain LoRA", (Qkv + ".lora_magnitude_vector", Random(outputs)));
        AssertRefused(Config, "no adapters");
        AssertRefused(Config, "grouped or transposed",
            ("memory_encoder.fuser.layers.0.dwconv.lora_A.weight", Random(2, 1, 7, 7)), ("memory_encoder.fuser.layers.0.dwconv.lora_B.weight", Random(256, 2, 1, 1)));
        AssertRefused(Config, "int64", (Qkv + ".lora_A.weight", zeros([2, inputs], dtype: ScalarType.Int64)));
    }

    [Test]
    public void A_missing_configuration_or_file_is_named()
    {
        Assert.That(() => LoraAdapter.Open(Folder.Path), Throws.TypeOf<CheckpointException>().With.Message.Contains("adapter_model.safetensors"));
        CheckpointWriter.Save(Folder["adapter_model.safetensors"], new Dictionary<string, Tensor> { ["x.lora_A.weight"] = Random(2, 2), ["x.lora_B.weight"] = Random(2, 2) });
        Assert.That(() => LoraAdapter.Open(Folder["adapter_model.safetensors"]), Throws.TypeOf<CheckpointException>().With.Message.Contains("adapter_config.json"));
    }

    [Test]
    public void What_is_written_has_the_names_under_which_PEFT_keeps_it()
    {
        var (outputs, inputs) = (_weights[Qkv + ".weight"].shape[0], _weights[Qkv + ".weight"].shape[1]);
        var token = "sam_mask_decoder.iou_token.weight";
        var weights = new Dictionary<string, Tensor>
        {
            [Qkv + ".lora_A.weight"] = Random(2, inputs), [Qkv + ".lora_B.weight"] = Random(outputs, 2), [Qkv + ".bias"] = Random(outputs),
            [token] = Random(_weights[token].shape),
        };
        LoraWriter.Save(Folder.Path, weights, new() { Rank = 2, Alpha = 6, Modules = [Qkv] }, "base.pt");

        using var file = Checkpoint.OpenAnyNames(Folder["adapter_model.safetensors"]);
        // PEFT puts the name of the adapter before the last part of a name with lora_, and finds these in a model where Linear has become base_layer.
        Assert.That(
            file.StateDict.Select(t => t.Key.Contains(".lora_", StringComparison.Ordinal) ? t.Key.Insert(t.Key.LastIndexOf('.'), ".default") : t.Key),
            Is.EquivalentTo(new[]
            {
                $"base_model.model.{Qkv}.lora_A.default.weight", $"base_model.model.{Qkv}.lora_B.default.weight", $"base_model.model.{Qkv}.base_layer.bias",
                $"base_model.model.{token}",
            }));
        var config = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(Folder["adapter_config.json"])).RootElement;
        // Fields of PEFT's LoraConfig, which refuses none but reads no others.
        Assert.That(config.EnumerateObject().Select(p => p.Name), Is.EquivalentTo(new[]
        {
            "base_model_name_or_path", "bias", "fan_in_fan_out", "inference_mode", "init_lora_weights", "lora_alpha", "lora_dropout", "modules_to_save", "peft_type", "r",
            "target_modules", "task_type", "use_rslora",
        }));
        Assert.That((config.GetProperty("r").GetInt32(), config.GetProperty("lora_alpha").GetDouble(), config.GetProperty("peft_type").GetString()), Is.EqualTo((2, 6.0, "LORA")));
        Assert.That(config.GetProperty("target_modules").EnumerateArray().Select(m => m.GetString()), Is.EqualTo(new[] { Qkv }));

        using var adapter = LoraAdapter.Open(Folder.Path);
        adapter.MergeInto(_weights);
        Assert.That(_weights[Qkv + ".bias"].Equals(weights[Qkv + ".bias"]) && _weights[token].Equals(weights[token]), Is.True);
    }

    private static string Named(string pattern, string side) => pattern.Replace("{0}", Qkv, StringComparison.Ordinal).Replace("{1}", side, StringComparison.Ordinal);

    private void AssertProductAdded(string original, (string A, string B) names)
    {
        var weight = _weights[original + ".weight"];
        var (a, b) = (Random(2, weight.shape[1]), Random(weight.shape[0], 2));
        var expected = weight + b.matmul(a) * 4;
        Merge("""{"peft_type":"LORA","r":2}""", (names.A, a), (names.B, b));
        Assert.That((_weights[original + ".weight"] - expected).abs().max().item<float>(), Is.LessThan(1e-6f));
    }

    private void AssertRefused(string config, string named, params (string Key, Tensor Value)[] tensors)
    {
        var before = _weights.ToDictionary(t => t.Key, t => t.Value.clone());
        Assert.That(() => Merge(config, tensors), Throws.TypeOf<CheckpointException>().With.Message.Contains(named));
        foreach (var (key, value) in before)
            Assert.That(_weights[key].Equals(value), Is.True, key);
    }

    private void Merge(string config, params (string Key, Tensor Value)[] tensors)
    {
        CheckpointWriter.Save(Folder["adapter_model.safetensors"], tensors.ToDictionary(t => t.Key, t => t.Value));
        File.WriteAllText(Folder["adapter_config.json"], config);
        using var adapter = LoraAdapter.Open(Folder.Path);
        adapter.MergeInto(_weights);
    }

    private static Tensor Random(params long[] shape)
    {
        using var generator = new TorchSharp.torch.Generator(7, CPU);
        return randn(shape, generator: generator).mul(0.1f);
    }
}
