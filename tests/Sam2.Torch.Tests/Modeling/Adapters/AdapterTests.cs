using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Modeling.Adapters;
using Sam2.Torch.Prediction;
using TestSupport;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Tests.Modeling.Adapters;

/// <summary>Low-rank updates and bottlenecks: what they compute, where they are, how they are saved.</summary>
public sealed class AdapterTests : FolderTests
{
    private static readonly LoraSettings Everywhere = new() { Rank = 3, Alpha = 6, Modules = ["*_proj", "*.qkv", "*.proj", "*.layers.*"] };

    private static readonly BottleneckSettings Bottlenecks = new() { Width = 5, Scale = 0.5, Modules = ["*.mlp", "memory_attention.layers.*.linear2"] };

    private IDisposable _scope = null!;
    private IDisposable _mode = null!;

    [SetUp]
    public void BeginScope() => (_scope, _mode) = (NewDisposeScope(), no_grad());

    [TearDown]
    public void EndScope()
    {
        _mode.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void A_new_update_freezes_the_layer_and_changes_nothing()
    {
        using var layer = new LinearLayer(6, 4);
        var x = randn(5, 6);
        var before = layer.call(x);
        var lora = new LoraLinear(layer, new() { Rank = 2 });
        Assert.That(layer.call(x).equal(before).all().item<bool>());
        Assert.That(layer.named_parameters().Select(p => (p.name, p.parameter.requires_grad)), Is.EquivalentTo(new[]
        {
            ("weight", false), ("bias", false), ("lora_A.weight", true), ("lora_B.weight", true),
        }));
        Assert.That((lora.MatrixA.shape, lora.MatrixB.shape), Is.EqualTo((new long[] { 2, 6 }, new long[] { 4, 2 })));
        Assert.That(lora.MatrixA.abs().sum().item<float>(), Is.GreaterThan(0));
        Assert.That(lora.MatrixB.abs().sum().item<float>(), Is.Zero);
    }

    [Test]
    public void An_update_counts_alpha_over_rank_apart_from_the_weight_and_in_it()
    {
        using var layer = new LinearLayer(6, 4);
        var (x, weight) = (randn(5, 6), layer.Weight.clone());
        var before = layer.call(x);
        var lora = new LoraLinear(layer, new() { Rank = 2, Alpha = 3 });
        lora.MatrixB.copy_(randn(4, 2));
        var expected = before + 1.5f * x.matmul(lora.MatrixA.t()).matmul(lora.MatrixB.t());
        Close.Within(layer.call(x), expected, 1e-5, "beside");
        lora.Merge();
        lora.Merge();
        Assert.That(lora.IsMerged);
        Close.Within(layer.call(x), expected, 1e-5, "merged");
        Close.Within(layer.Weight, weight + 1.5f * lora.MatrixB.matmul(lora.MatrixA), 1e-6, "weight");
        lora.Unmerge();
        lora.Unmerge();
        Close.Within(layer.Weight, weight, 1e-6, "taken out again");
        Close.Within(layer.call(x), expected, 1e-5, "beside again");
    }

    [Test]
    public void Dropout_is_the_updates_and_only_in_training()
    {
        using var layer = new LinearLayer(64, 4);
        var x = ones(1, 64);
        var before = layer.call(x);
        var lora = new LoraLinear(layer, new() { Rank = 2, Dropout = 0.5 });
        layer.train();
        Assert.That(layer.call(x).equal(before).all().item<bool>(), "the layer itself drops nothing");
        lora.MatrixB.copy_(ones(4, 2));
        Assert.That(layer.call(x).equal(layer.call(x)).all().item<bool>(), Is.False);
        layer.eval();
        Assert.That(layer.call(x).equal(layer.call(x)).all().item<bool>());
    }

    [Test]
    public void What_cannot_be_wrapped_is_refused()
    {
        using var layer = new LinearLayer(2, 2);
        using var convolution = nn.Conv2d(1, 1, 1);
        Assert.That(() => new LoraLinear(convolution, new(), "conv"), Throws.ArgumentException.With.Message.Contains("conv").And.Message.Contains("linear"));
        Assert.That(() => new BottleneckAdapter(convolution, new(), "conv"), Throws.ArgumentException.With.Message.Contains("conv"));
        Assert.That(() => new LoraLinear(layer, new() { Rank = 0 }), Throws.ArgumentException.With.Message.Contains("lora.rank is 0"));
        Assert.That(() => new LoraLinear(layer, new() { Dropout = 1 }), Throws.ArgumentException.With.Message.Contains("lora.dropout is 1"));
        Assert.That(() => new BottleneckAdapter(layer, new() { Width = 0 }), Throws.ArgumentException.With.Message.Contains("adapter.width is 0"));
        _ = new LoraLinear(layer, new());
        Assert.That(() => new LoraLinear(layer, new()), Throws.ArgumentException.With.Message.Contains("already"));
    }

    [TestCase(BottleneckPlacement.Parallel, 6)]
    [TestCase(BottleneckPlacement.Sequential, 4)]
    public void A_bottleneck_begins_as_nothing_and_adds_what_its_place_says(BottleneckPlacement placement, int channels)
    {
        using var module = new Mlp(6, 8, 4, numLayers: 2);
        var x = randn(3, 6);
        var before = module.call(x);
        _ = new BottleneckAdapter(module, new() { Width = 2, Scale = 0.5, Placement = placement });
        Assert.That(module.call(x).equal(before).all().item<bool>());
        var weights = module.named_parameters().Where(p => p.name.StartsWith("adapter_", StringComparison.Ordinal)).ToDictionary(p => p.name, p => p.parameter);
        Assert.That(weights["adapter_down.weight"].shape, Is.EqualTo(new long[] { 2, channels }));
        foreach (var weight in weights.Values) weight.copy_(randn(weight.shape));
        var input = placement == BottleneckPlacement.Parallel ? x : before;
        var hidden = F.relu(F.linear(input, weights["adapter_down.weight"], weights["adapter_down.bias"]));
        Close.Within(module.call(x), before + 0.5f * F.linear(hidden, weights["adapter_up.weight"], weights["adapter_up.bias"]), 1e-5, "sum");
    }

    [Test]
    public void Patterns_choose_layers_and_one_that_fits_none_is_named()
    {
        using var model = NanoModel.Create();
        model.Attach(new() { Lora = new() { Modules = ["memory_attention.*.cross_attn_image.q_proj|v_proj", "image_encoder.trunk.blocks.0.attn.qkv"] } });
        Assert.That(model.LoraLayers.Select(layer => layer.Name), Has.All.Match(@"^memory_attention\.layers\.\d+\.cross_attn_image\.[qv]_proj$|^image_encoder\.trunk\.blocks\.0\.attn\.qkv$"));
        Assert.That(model.LoraLayers.Select(layer => layer.Name), Has.Some.EndsWith("q_proj").And.Some.EndsWith("v_proj").And.Some.EndsWith("qkv"));
        Assert.That(() => model.Attach(new() { Bottleneck = new() }), Throws.InvalidOperationException);

        using var other = NanoModel.Create();
        var before = other.state_dict().Count;
        Assert.That(
            () => other.Attach(new() { Lora = new() { Modules = ["memory_attention.*.q_prj"] } }),
            Throws.ArgumentException.With.Message.Contains("memory_attention.*.q_prj").And.Message.Contains("q_proj"));
        Assert.That(() => other.Attach(new() { Lora = new() { Modules = ["*.conv_s0"] } }), Throws.ArgumentException);
        Assert.That(other.state_dict(), Has.Count.EqualTo(before));
    }

    [Test]
    public void A_model_built_with_the_parts_of_an_adapted_one_has_the_same_keys_and_shapes()
    {
        using var model = NanoModel.Create();
        model.Attach(new() { Lora = Everywhere, Bottleneck = Bottlenecks });
        using var twin = new Sam2Model(model.Config, model.Parts);
        Assert.That(
            twin.state_dict().Select(w => (w.Key, string.Join(',', w.Value.shape))), Is.EqualTo(model.state_dict().Select(w => (w.Key, string.Join(',', w.Value.shape)))));
        Assert.That(ModelAdapters.IsParameter("memory_attention.layers.0.linear2.adapter_up.bias") && !ModelAdapters.IsParameter("memory_attention.layers.0.linear2.bias"));
    }

    [Test]
    public void Inference_with_updates_beside_the_weights_equals_that_with_merged_ones()
    {
        // Large enough for attention to take its projections' weights past their layers, and in blocks.
        using var model = TestModels.Shipped();
        var plain = Predict(model);
        model.Attach(new() { Lora = Everywhere });
        Randomise(model, 0.02f);
        var beside = Predict(model);
        model.MergeLora();
        var merged = Predict(model);
        for (var i = 0; i < plain.Length; i++)
        {
            Close.ToStandardDeviation(beside[i], merged[i], 1e-3, $"prediction {i}");
            Assert.That((plain[i] - beside[i]).abs().max().item<float>(), Is.GreaterThan(0.1), "the updates count");
        }
        model.UnmergeLora();
        foreach (var (again, first) in Predict(model).Zip(beside)) Close.ToStandardDeviation(again, first, 1e-3, "taken out again");
    }

    [Test]
    public void Saved_updates_merge_to_the_model_that_was_trained()
    {
        var start = RepositoryFiles.Golden("sam2.1_hiera_nano.pt");
        using var model = ModelLoader.Load(start);
        model.Attach(new() { Lora = Everywhere });
        Randomise(model, 0.05f);
        var trained = model.state_dict().Where(w => ModelAdapters.IsParameter(w.Key)).ToDictionary(w => w.Key, w => w.Value);
        LoraWriter.Save(Folder["adapter"], trained, Everywhere, start);
        Assert.That(Folder.Results("adapter"), Is.EqualTo(new[] { "adapter_config.json", "adapter_model.safetensors" }));

        using var merged = ModelLoader.Load(start, lora: Folder["adapter"]);
        var expected = model.Parts.Adapters!.Merged(model.state_dict());
        Assert.That(merged.state_dict().Keys, Is.EquivalentTo(expected.Keys));
        foreach (var (name, weight) in merged.state_dict()) Close.Within(weight, expected[name], 1e-6, name);
        using var beside = new ImagePredictor(model);
        using var inside = new ImagePredictor(merged);
        var image = new DrawnVideo(1).Drawn(0).Image;
        beside.SetImage(image);
        inside.SetImage(image);
        var prompt = ObjectPrompt.FromPoints(new PointPrompt(60, 45));
        Close.ToStandardDeviation(beside.Predict(prompt, returnLogits: true).Masks, inside.Predict(prompt, returnLogits: true).Masks, 1e-4, "logits");
        Assert.That(() => LoraWriter.Save(Folder["none"], new Dictionary<string, Tensor>(), Everywhere), Throws.ArgumentException);
    }

    [TestCase("model.pt")]
    [TestCase("model.safetensors")]
    public void A_checkpoint_with_adapters_loads_with_them(string name)
    {
        using var model = TestModels.Nano();
        model.Attach(new() { Lora = Everywhere with { Dropout = 0.25 }, Bottleneck = Bottlenecks });
        Randomise(model, 0.05f);
        CheckpointWriter.Save(Folder[name], model, AdapterValues.EntriesFor(model.Parts.Adapters, ConfigValues.EntriesFor(model.Config)));
        using var loaded = ModelLoader.Load(Folder[name]);
        Assert.That(loaded.Parts.Adapters!.Lora, Is.EqualTo(model.Parts.Adapters!.Lora).Using<LoraSettings>(Same));
        Assert.That(loaded.Parts.Adapters.Bottleneck!.Scale, Is.EqualTo(0.5));
        Assert.That(loaded.LoraLayers.All(layer => layer.IsMerged), "as fast as possible");
        foreach (var (a, b) in Predict(model).Zip(Predict(loaded))) Close.ToStandardDeviation(b, a, 1e-3, "prediction");
    }

    [Test]
    public void Adapters_that_a_checkpoint_describes_wrongly_are_its_fault()
    {
        using var model = TestModels.Nano();
        model.Attach(new() { Lora = Everywhere });
        var wrong = AdapterValues.EntriesFor(new() { Lora = Everywhere with { Modules = ["*.nothing"] } }, ConfigValues.EntriesFor(model.Config));
        CheckpointWriter.Save(Folder["a.pt"], model, wrong);
        Assert.That(() => ModelLoader.Load(Folder["a.pt"]), Throws.TypeOf<CheckpointException>().With.Message.Contains("*.nothing"));
        CheckpointWriter.Save(Folder["c.pt"], model, AdapterValues.EntriesFor(new() { Lora = Everywhere with { Rank = 60_000 } }, wrong));
        Assert.That(() => ModelLoader.Load(Folder["c.pt"]), Throws.TypeOf<CheckpointException>().With.Message.Contains("60000 rows"));
        wrong.Set(AdapterValues.Key, new PlainDictionary { ["lora"] = new PlainDictionary { ["rank"] = "many" } });
        CheckpointWriter.Save(Folder["b.pt"], model, wrong);
        Assert.That(() => ModelLoader.Load(Folder["b.pt"]), Throws.TypeOf<CheckpointException>().With.Message.Contains("'rank'"));
    }

    private static bool Same(LoraSettings a, LoraSettings b) => a with { Modules = b.Modules } == b && a.Modules.SequenceEqual(b.Modules);

    /// <summary>Logits of prompts, and a picture's embedding conditioned on a memory.</summary>
    private static Tensor[] Predict(Sam2Model model)
    {
        var video = new DrawnVideo(3);
        using var predictor = new ImagePredictor(model);
        predictor.SetImage(video.Drawn(0).Image);
        // Two prompts share the picture, one has it for itself: attention folds in other ways.
        var one = predictor.Predict(ObjectPrompt.FromPoints(new PointPrompt(60, 45)), returnLogits: true).Masks;
        var both = predictor.Predict([ObjectPrompt.FromPoints(new PointPrompt(60, 45)), ObjectPrompt.FromPoints(new PointPrompt(20, 30))], returnLogits: true).Masks;
        var features = model.EncodeImage(randn([1, 3, model.Config.ImageSize, model.Config.ImageSize], generator: new Generator(1)));
        var tokens = model.Config.ImageEmbeddingSize * model.Config.ImageEmbeddingSize;
        var memory = randn([1, tokens, model.Config.MemDim], generator: new Generator(2));
        var conditioned = model.ConditionOnMemory(features.Embedding, new(memory, zeros_like(memory), 0));
        return [one, both, conditioned];
    }

    private static void Randomise(Sam2Model model, float deviation)
    {
        using var generator = new Generator(3);
        foreach (var (name, parameter) in model.named_parameters())
            if (ModelAdapters.IsParameter(name))
                parameter.copy_(randn(parameter.shape, generator: generator) * deviation * (name.Contains("lora_A", StringComparison.Ordinal) ? 10 : 1));
    }
}
